package webhooks

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/engine"
)

// Outbox keeps messages until they are delivered. Package persist documents its methods.
type Outbox interface {
	Add(ctx context.Context, limit int64, entries []Entry, marks []Mark) error
	Change(ctx context.Context, put []Entry, drop []uint64) error
	Entries(ctx context.Context, after uint64, limit int) ([]Entry, error)
	Marks(ctx context.Context) ([]Mark, error)
	Size(ctx context.Context) (entries int, bytes int64, err error)
	Hold(ctx context.Context, ttl time.Duration) (bool, error)
	Close() error
}

// Entry is a message in an outbox. It is an alias of a struct type, so that an Outbox can declare
// the same without importing this package.
type Entry = struct {
	Seq   uint64
	Queue string // name of the endpoint
	ID    string // of the message
	Data  []byte // a message in JSON
}

// Mark is a small value in an outbox. It is an alias, as Entry is.
type Mark = struct {
	Key  string
	Data []byte // empty: it is dropped
}

// Rooms reads what is stored of rooms.
type Rooms interface {
	// Unsaved lists the rooms of which the journal has rows.
	Unsaved(ctx context.Context) ([]string, error)
	// StoredChange returns the newest change that the journal of a room shows; ok is false if it
	// shows none.
	StoredChange(ctx context.Context, room string) (c Change, ok bool, err error)
	// WritersSince returns the users who wrote what the journal of a room has of the versions after
	// one, as far as it says so.
	WritersSince(ctx context.Context, room string, version uint64) ([]engine.Writer, error)
	// SavedBySnapshot reports whether a document is saved when a snapshot is stored.
	SavedBySnapshot(room string) bool
	// Became returns what has become of a document, as engine.Engine.Became does.
	Became(ctx context.Context, n engine.Announcement) (
		all []engine.Announcement, over bool, err error)
}

// Change is a change of a document.
type Change struct {
	Room        string
	Created     bool // nothing but these rows was ever stored
	Incarnation uint64
	Version     uint64
	Time        time.Time
}
