package recordsync

import (
	"context"
	"iter"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Room is the room of a record: its document and its peers. Its lock guards fields of the
// Record as well.
type Room interface {
	Name() string
	// TryLock takes the room's lock unless that is held. Lock waits for it.
	TryLock() bool
	Lock()
	Unlock()
	// Recover is deferred where somebody works on the room: a panic ends the room alone.
	Recover()
	// SetAside makes way for the record's text if what is stored of the room is damaged.
	SetAside(ctx context.Context) error
	// DropDeleted removes from the document what is deleted in it, or returns false.
	DropDeleted() bool
	// OverBudget notes that the document takes too many steps to read.
	OverBudget()

	// The rest is called with the lock held.

	// Closed reports that the room is not to be used any more.
	Closed() bool
	// Occupied reports that there are peers.
	Occupied() bool
	// Editors yields the credentials of the peers that may write.
	Editors() iter.Seq[string]
	// Version counts the updates of the document.
	Version() uint64
	// State returns the document, which the room does not write to any more: its state, or a
	// compressed snapshot if the room has it so.
	State() (state []byte, compressed bool)
	// Compressed reports that State would be compressed.
	Compressed() bool
	// Document returns the document, not compressed. It is valid until the lock is released.
	Document() (*ydoc.Doc, error)
	// Apply merges an update that no peer has made, and raises the version to atLeast.
	Apply(update codec.CheckedUpdate, atLeast uint64)
	// FlushSoon has the room journal the update that was applied, or the Record's note.
	FlushSoon(now time.Time)
	// Reschedule has the room ask Record.Due again.
	Reschedule()
	// Notify sends a notice to the peers whose protocol has a form for it.
	Notify(level, text string)
	// CloseRestricted closes the peers that may see only what is published.
	CloseRestricted()
}
