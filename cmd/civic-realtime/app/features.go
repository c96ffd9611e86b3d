package app

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/civicpress/civic-realtime/engine"
)

// features is what CivicPress' features.yml switches on and off. What it leaves out is on, and
// what it has besides is others'.
type features struct {
	Realtime             *toggle `yaml:"realtime"`
	CollaborativeEditing *toggle `yaml:"collaborative_editing"`
	PresenceTracking     *toggle `yaml:"presence_tracking"`
	Snapshots            *toggle `yaml:"snapshots"`
}

func off(t *toggle) bool { return t != nil && !bool(*t) }

// featuresFile is the file with the features; without a name, the one that stands beside the
// configuration, if there is any.
func featuresFile(name, config string) (file string, optional bool) {
	if name != "" || config == "" {
		return name, false
	}
	return filepath.Join(filepath.Dir(config), "features.yml"), true
}

// loadFeatures reads the file with the features. Of its keys only those are looked at that are
// known here, or are spelt nearly like one.
func (c *Config) loadFeatures(name, config string) error {
	file, optional := featuresFile(name, config)
	if file == "" {
		return nil
	}
	r, root, err := openYAML(file)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	entries, ok := r.entries(root)
	if i := slices.IndexFunc(entries, func(e entry) bool { return e.name == "features" }); i >= 0 {
		entries, ok = r.entries(entries[i].value)
	}
	if !ok && !isNull(root) {
		r.errorf(root, "there are no features in it")
	}
	r.features(entries, reflect.ValueOf(&c.features).Elem())
	c.remarks = append(c.remarks, r.warnings...)
	return errors.Join(r.errs...)
}

func (r *fileReader) features(entries []entry, into reflect.Value) {
	fields := fieldsOf(into.Type())
	known := slices.Sorted(maps.Keys(fields))
	for _, e := range entries {
		if i, ours := fields[e.name]; ours {
			r.value(keyPath{"features", e.name}, e.value, into.Field(i))
		} else if near := nearest(e.name, known); near != "" {
			r.warnf(e.key, "features.%s has no effect; did you mean %q?", e.name, near)
		}
	}
}

// snapshotsOff says whether no snapshots are wanted.
func (c *Config) snapshotsOff() bool { return off(c.features.Snapshots) || off(c.Snapshot.Enabled) }

// journalUpdates is how many updates of a room are journaled before they are made a snapshot
// though none are wanted: the journal would grow for ever.
const journalUpdates = 10_000

// apply switches off in e what is to be off.
func (c *Config) apply(e *engine.Config) {
	e.ReadOnly = off(c.features.CollaborativeEditing)
	e.NoPresence = off(c.features.PresenceTracking)
	if c.snapshotsOff() {
		e.SnapshotUpdates, e.SnapshotInterval, e.NoRecordSnapshots = journalUpdates, engine.Never, true
	}
}

// switchedOff names the features that are off.
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
