package recordsync

import (
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
	// KeepVersion keeps a snapshot beside the room's own, with the reason.
	KeepVersion(ctx context.Context, room, why string, snapshot []byte) error
}

// Config has the options and the ports of a Syncer. All fields but Archive must be set.
type Config struct {
	Records Records
	Archive Archive // nil: texts that lose a conflict are dropped
	Schema  Schema

	// Timeout bounds the calls of Records for one purpose, ArchiveTimeout one of Archive.
	Timeout, ArchiveTimeout time.Duration
	// Poll is how long a room with editors goes without fetching its record; negative: for ever.
	Poll time.Duration
	// DraftQuiet is the pause of users after which their edits are saved as a draft.
	DraftQuiet time.Duration
	// DraftInterval is how long edits go without being saved if users do not pause.
	DraftInterval time.Duration
	// DraftMinInterval is the least mean time between two drafts of a room with peers.
	DraftMinInterval time.Duration
	// DraftBurst is how many drafts may come sooner after there were none for a while.
	DraftBurst int
	// DraftPatience is for how long drafts may fail to be saved before peers are notified.
	DraftPatience time.Duration
	// KeptBytes is the most memory of all rooms' renderings, which are kept for the next
	// drafts; negative: none are kept.
	KeptBytes int
	// NoSnapshots turns off the snapshots that are stored beside records.
	NoSnapshots bool

	Compression snapshot.Algorithm
	MaxDocument int    // the largest state of a snapshot, in bytes
	MaxSteps    uint64 // of reading a document (view.MaxSteps)

	Log     *slog.Logger
	Metrics *metrics.Set
	Running interface{ Go(f func()) } // starts and counts the goroutines of the sync workers
	// SaveTook is called after each attempt to save a draft, with the time at which it began.
	SaveTook func(room string, began time.Time)
}
