package recordsync

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// Schema has the names of nodes, marks and attributes in documents.
type Schema = markdown.Schema

// Archive keeps versions of rooms.
type Archive interface {
	// KeepVersion stores a snapshot as a version of the room, with a reason.
	KeepVersion(ctx context.Context, room, reason string, snapshot []byte) error
}

// Config has the options and the ports of a Syncer. All fields but Archive and Claims must be set.
type Config struct {
	Records Records
	Archive Archive // nil: texts that lose a conflict are dropped
	Claims  Claims  // nil: no other node has the rooms
	Schema  Schema

	// Timeout bounds the calls of Records for one purpose, ArchiveTimeout one of Archive.
	Timeout, ArchiveTimeout time.Duration
	// Poll is how often a room with editors fetches its record; negative: never.
	Poll time.Duration
	// Drafts says when drafts are saved. Its fields must be set.
	Drafts Drafts
	// NoSnapshots turns off the snapshots that are stored beside records.
	NoSnapshots bool

	Compression snapshot.Algorithm
	MaxDocument int    // the largest state of a snapshot, in bytes
	MaxUpdate   int    // the largest Text.Update, in bytes
	MaxSteps    uint64 // the bound on reading a document, see view.MaxSteps

	Log     *slog.Logger
	Metrics *metrics.Set
	Running interface{ Go(f func()) } // starts and counts the goroutines of the sync workers
	// SaveTook is called after each attempt to save a draft, with the time at which it began.
	SaveTook func(room string, began time.Time)
	// SaveFailed is called with the first failure to save a room's draft, and then not until one
	// is saved. The room's lock is held.
	SaveFailed func(room string, err error)
}

// Drafts says when edits are saved as a draft of the record. Every field that is zero has the
// default at the end of its comment.
type Drafts struct {
	// Quiet is how long users must pause before their edits are saved. 2 s.
	Quiet time.Duration
	// Interval is how long edits stay unsaved if users do not pause. 10 s.
	Interval time.Duration
	// MinInterval is the least mean time between two drafts of a room with peers, however much is
	// written. 40 s.
	MinInterval time.Duration
	// Burst is how many drafts may be saved at once after a while without drafts. 3.
	Burst int
	// Patience is for how long drafts may fail to be saved before users are notified. 30 s.
	Patience time.Duration
	// KeptBytes bounds the memory for the renderings of all rooms, which are kept for their next
	// drafts, in bytes; negative: none are kept. 64 MiB.
	KeptBytes int
}

// WithDefaults returns d with its defaults in place of zeros.
func (d Drafts) WithDefaults() Drafts {
	d.Quiet = cmp.Or(d.Quiet, 2*time.Second)
	d.Interval = cmp.Or(d.Interval, 10*time.Second)
	d.MinInterval = cmp.Or(d.MinInterval, 40*time.Second)
	d.Burst = cmp.Or(d.Burst, 3)
	d.Patience = cmp.Or(d.Patience, 30*time.Second)
	d.KeptBytes = cmp.Or(d.KeptBytes, 64<<20)
	return d
}
