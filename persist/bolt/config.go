package bolt

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// Config says how hard a Store tries. The zero value loses nothing to a power cut.
type Config struct {
	// Async lets Append return before its rows are on the disk. They are in the
	// operating system's hands then: the death of the process loses nothing, a
	// power cut at most the last SyncInterval and never what was older. Snapshots
	// are on the disk when SaveSnapshot returns all the same. Default false: rows
	// are on the disk when Append returns.
	Async bool

	// SyncInterval is how long a row may stay in the tail alone. Default 1 s with Async,
	// else 10 s: the tail is on the disk then, and most rows go with a snapshot.
	SyncInterval time.Duration

	// Retention is how many versions of a room are kept.
	persist.Retention

	// Log is told what the Store does without. Default: nobody is.
	Log *slog.Logger

	// Accept has Open make do with what there is where it would fail because the database is
	// missing, cannot be read or lacks transactions. What it replaces stays under another
	// name. It is for repairs. Default false.
	Accept bool

	// Existing has Open fail with fs.ErrNotExist where there is no store, instead of
	// making one. Default false.
	Existing bool
}

func (c Config) syncInterval() time.Duration {
	if c.Async {
		return cmp.Or(c.SyncInterval, time.Second)
	}
	return cmp.Or(c.SyncInterval, 10*time.Second)
}

func (c Config) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}
