package bolt

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// Config has the options of a Store. With the zero value a power cut loses nothing.
type Config struct {
	// Async lets Append return before its rows are on the disk. They are in the operating system's
	// memory then: the death of the process loses nothing, and a power cut at most the rows of the
	// last SyncInterval. Snapshots are on the disk when SaveSnapshot returns in any case. Default
	// false: rows are on the disk when Append returns.
	Async bool

	// SyncInterval is how long a row may be in the log alone. Default 1 s with Async. Else 10 s, as
	// the log is on the disk then, and a snapshot covers most rows before that.
	SyncInterval time.Duration

	// Retention has the options about versions of rooms.
	persist.Retention

	// Log receives warnings and errors. Default: none.
	Log *slog.Logger

	// Accept makes Open use the remaining data where it would fail because the database is missing,
	// cannot be read or lacks transactions. Files that it replaces are kept under other names. It
	// is for repairs. Default false.
	Accept bool

	// Existing makes Open fail with fs.ErrNotExist where there is no store, instead of making one.
	// Default false.
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
