package recordsync

import (
	"context"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// Schema is how documents name the nodes that Markdown is made of.
type Schema = markdown.Schema

// Archive keeps versions of rooms.
type Archive interface {
	// KeepVersion keeps a snapshot beside the room's own, with the reason.
	KeepVersion(ctx context.Context, room, why string, snapshot []byte) error
}

// Config is what a Syncer works with. All fields but Archive must be set.
type Config struct {
	Records Records
	Archive Archive // nil: texts that lose a conflict are dropped
	Schema  Schema

	// Timeout bounds the calls of Records for one purpose, ArchiveTimeout one of Archive.
	Timeout, ArchiveTimeout time.Duration
	// Poll is how long a room with editors goes without fetching its record; negative: for ever.
	Poll time.Duration
	// DraftQuiet is how long users pause before what they wrote is saved as a draft.
	DraftQuiet time.Duration
	// DraftInterval is how long what they write goes without being saved if they do not pause.
	DraftInterval time.Duration
	// DraftMinInterval is the least mean time between two drafts of a room with peers.
	DraftMinInterval time.Duration
	// DraftBurst is how many drafts may come sooner after there were none for a while.
	DraftBurst int
	// DraftPatience is for how long drafts may fail to be saved before peers are notified.
	DraftPatience time.Duration
	// KeptBytes is how much of what documents were rendered to is kept for their next
	// drafts, of all rooms; negative: nothing.
	KeptBytes int
	// NoSnapshots turns off the snapshots that are stored beside records.
	NoSnapshots bool

	Compression snapshot.Algorithm
	MaxDocument int    // the largest state of a snapshot, in bytes
	MaxSteps    uint64 // for the structs of a document that is read (view.MaxSteps)

	Log     *slog.Logger
	Metrics *metrics.Set
	Running interface{ Go(f func()) } // the goroutines of the sync workers count in it
	// SaveTook is called when a draft was saved, or could not be, of a room.
	SaveTook func(room string, began time.Time)
}
