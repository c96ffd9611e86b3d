package groupcommit

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomlock"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// Store makes rows durable. engine.Store says more.
type Store interface {
	// Append makes rows durable in one commit, and sets Seq or Err of each. It borrows them.
	Append(ctx context.Context, rows []Row) error
}

// Row is a row to be appended and, once Append has returned, the Store's answer about it.
type Row = struct {
	Room string
	Data []byte
	Seq  uint64 // the row's number, which ascends within a room; set by Append
	Err  error  // why the row was refused; set by Append, nil if it is durable
}

// Schedule has the rooms that are due. A Flusher takes them from there.
type Schedule = schedule.Queue[Room]

// Slot is what a Flusher keeps in each room.
type Slot struct {
	Due schedule.Slot[Room] // the room's place in the Schedule

	stepDeferred atomic.Bool // the step is deferred to the room's own goroutine
}

// Room is a room whose rows a Flusher commits.
type Room interface {
	// Name is the room's in the Store.
	Name() string
	// Slot returns the Flusher's part of the room.
	Slot() *Slot
	// Lock returns the room's lock.
	Lock() *roomlock.Lock
	// Loaded reports that the room is still the one of its name: if it has crashed, its rows must
	// not come after what is loaded anew.
	Loaded() bool
	// UnflushedBytes is about how long the row is that a flush would make.
	UnflushedBytes() int64
	// Recover is deferred where somebody works on the room: a panic ends the room alone.
	Recover()

	// The rest is called with the lock held.

	// Closed reports that the room is not to be used any more.
	Closed() bool
	// Step does what is due in the room at now. If that makes a row it returns it, appended to
	// arena. Until Committed is called, it makes no other row.
	Step(now time.Time, arena []byte) (row, rest []byte)
	// FlushNow makes what waits for a flush due at now.
	FlushNow(now time.Time)
	// PutOffFlush puts a flush that is due at now off until then, but for presence.
	PutOffFlush(now, until time.Time)
	// Committed sends what the row is about, which is durable by now.
	Committed(seq uint64, now time.Time)
	// Refused gives the room a row that the Store has refused. A later Step returns it again.
	Refused(row []byte, err error, now time.Time)
	// RefusedRow returns why the row was refused that the room has, and when Step returns it
	// again; nil if the room has none.
	RefusedRow() (why error, retryAt time.Time)
	// SendPresence sends the presence that a row was to take along, and that does not wait for it.
	SendPresence()
	// NotifyDelay notifies users that the room's row is not durable yet.
	NotifyDelay()
}

// runLocked calls f with the room's lock held: now, or on the room's own goroutine.
func runLocked(r Room, f func()) {
	defer r.Recover()
	r.Lock().RunOrDefer(f)
}
