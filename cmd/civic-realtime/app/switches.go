package app

import (
	"errors"
	"io/fs"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/engine"
)

// loadFeatures reads the file with the features. It ignores unknown keys, unless they are spelt
// nearly like a known one.
func (c *Config) loadFeatures(name, config string) {
	file, optional := featuresFile(name, config)
	f, err := yamlfile.Open(file, nil)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		c.sources.Fail(err)
		return
	}
	f.DecodeKnown("features", &c.features)
	c.sources.Remarks = append(c.sources.Remarks, f.Warnings()...)
	if err := f.Err(); err != nil {
		c.sources.Fail(err)
	}
}

// snapshotsOff reports whether no snapshots are wanted.
func (c *Config) snapshotsOff() bool {
	return off(c.features.Snapshots) || off(c.Snapshots.Enabled)
}

// journalUpdates is how many updates of a room are journaled before a snapshot replaces them though
// snapshots are off, as the journal would grow for ever.
const journalUpdates = 10_000

// apply switches features off in the engine's configuration.
func (c *Config) apply(e *engine.Config) {
	e.ReadOnly = off(c.features.CollaborativeEditing)
	e.NoPresence = off(c.features.PresenceTracking)
	if c.snapshotsOff() {
		e.SnapshotUpdates, e.SnapshotInterval = journalUpdates, engine.Never
		e.NoRecordSnapshots = true
	}
}

// switchedOff returns the names of the features that are off.
func (c *Config) switchedOff() []string {
	names := []string{}
	for _, f := range []struct {
		off  bool
		name string
	}{
		{off(c.features.CollaborativeEditing), "collaborative editing"},
		{off(c.features.PresenceTracking), "presence"},
		{c.snapshotsOff(), "snapshots"},
	} {
		if f.off {
			names = append(names, f.name)
		}
	}
	return names
}
