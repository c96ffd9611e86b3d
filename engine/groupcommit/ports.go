package groupcommit

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomlock"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// Store makes rows durable. See engine.Store.
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

// Schedule has the rooms that are due.
type Schedule = schedule.Queue[Room]

// Slot is the part of a room that a Flusher uses.
type Slot struct {
	Due schedule.Slot[Room] // the room's place in the Schedule

	stepDeferred atomic.Bool // the step is deferred to the room's own goroutine
}

// Room is a room whose rows a Flusher commits.
type Room interface {
	// Name returns the room's name in the Store.
	Name() string
	// Slot returns the room's Slot.
	Slot() *Slot
	// Lock returns the room's lock.
	Lock() *roomlock.Lock
	// Loaded reports whether this is still the room of its name. If it has crashed, another one may
	// have been loaded, and no older row may follow.
	Loaded() bool
	// UnflushedBytes returns about how long the row is that a flush would make.
	UnflushedBytes() int64
	// Recover is deferred around work on the room: a panic ends the room alone.
	Recover()

	// The rest is called with the lock held.

	// Closed reports whether the room has ended.
	Closed() bool
	// Step does the duties of the room that are due at now. If that makes a row it is appended to
	// arena and returned. The room makes no other row until Committed is called.
	Step(now time.Time, arena []byte) (row, rest []byte)
	// FlushNow makes a flush due at now, if there is something to flush.
	FlushNow(now time.Time)
	// PutOffFlush puts a flush that is due at now off until a later time, and sends presence at
	// once.
	PutOffFlush(now, until time.Time)
	// Committed sends everything that waited for the room's row, which is durable now.
	Committed(seq uint64, now time.Time)
	// Refused returns a row to the room that the Store has refused. A later Step returns it again.
	Refused(row []byte, err error, now time.Time)
	// RefusedRow returns why the row that the room has was refused, and when Step returns it again;
	// nil if it has none.
	RefusedRow() (why error, retryAt time.Time)
	// SendPresence sends the presence that was to be sent with a row, as it does not wait for that.
	SendPresence()
	// NotifyDelay notifies users that the room's row is not durable yet.
	NotifyDelay()
}

// runLocked calls f with the room's lock held: now, or on the room's own goroutine.
func runLocked(r Room, f func()) {
	defer r.Recover()
	r.Lock().RunOrDefer(f)
}
