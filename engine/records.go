package engine

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/engine/recordsync"
)

// What the engine asks of the records whose texts its rooms have. See recordsync.
type (
	Records      = recordsync.Records
	Text         = recordsync.Text
	Revision     = recordsync.Revision
	Change       = recordsync.Change
	ChangedError = recordsync.ChangedError
)

// The changes of a record that can be notified apart.
const (
	Unchanged = recordsync.Unchanged
	Edited    = recordsync.Edited
	Published = recordsync.Published
	Discarded = recordsync.Discarded
	Touched   = recordsync.Touched
)

// Errors of Records.
var (
	ErrCredential = recordsync.ErrCredential
	ErrNoRecord   = recordsync.ErrNoRecord
	ErrGone       = recordsync.ErrGone
)

// Archive is what a Store can do that keeps more of a room than how it is now.
type Archive interface {
	// KeepVersion keeps a snapshot beside the room's own, with the reason.
	KeepVersion(ctx context.Context, room, why string, snapshot []byte) error
	// Expire has the room, with all that is kept of it, dropped after a time unless it
	// is written to before; the zero time takes that back.
	Expire(ctx context.Context, room string, at time.Time) error
	// DropExpired drops the rooms whose time has come, and says how many those were.
	DropExpired(ctx context.Context, now time.Time) (rooms int, err error)
}
