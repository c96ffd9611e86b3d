package netpoll

import "time"

// Handler is the owner of a Conn. Its methods are called by whatever goroutine reads the
// connection, with the lock held that was given to Pollers.Add, but for those that say otherwise.
// A poller serves many connections with one goroutine, so they must not block.
type Handler interface {
	// Receive processes bytes that have come. They are lent for the call. It returns the cost
	// in bytes: those that were received, made room for, copied or checked.
	Receive(b []byte) (cost int)
	// Pending returns how many bytes are still to come of the message that has begun, 0 if none
	// has, DiscardAll if all that comes is dropped.
	Pending() int
	// MayWait returns for how long the client's input need not be read, as it would have to
	// wait all the same.
	MayWait(now time.Time) time.Duration
	// Closed is called when nothing more will come.
	Closed()
	// HungUp is called, once for each WatchHangup, when the client has closed the connection.
	HungUp()
	// WriteWaits is called, by the goroutine that writes, whenever a Write begins to wait.
	WriteWaits()
	// Stalled reports whether a Write has been waiting for too long. The lock is not held.
	Stalled() bool
}

// DiscardAll is the largest value of Handler.Pending.
const DiscardAll = 1 << 30

// Ticks are the times at which input takes effect.
type Ticks interface {
	// UntilTick returns the time from now until the next tick.
	UntilTick(now time.Time) time.Duration
	// AllRead says that all that has come before the last tick has been received.
	AllRead(now time.Time)
}

// Conn is a connection. Its methods may be called from any goroutine, but for those that say
// otherwise.
type Conn interface {
	// Watch begins or continues to read. The Handler's lock is held.
	Watch()
	// Unwatch stops reading; input waits in the kernel. The Handler's lock is held.
	Unwatch()
	// WatchHangup does not read, but has Handler.HungUp called when the client closes the
	// connection, if the system can tell. The Handler's lock is held.
	WatchHangup()
	// Unread reports whether something has come that is not read, or the client has closed the
	// connection, as far as the system can tell.
	Unread() bool
	// Write writes all of p, and calls Handler.WriteWaits whenever it has to wait. It fails after
	// Shutdown, and with os.ErrDeadlineExceeded after Unblock. One call at a time.
	Write(p []byte) error
	// Unblock makes a Write fail that waits and is still stalled.
	Unblock()
	// CloseWrite tells the client that nothing more will be written.
	CloseWrite()
	// Shutdown ends both directions: a Write fails, and Handler.Closed is called if the Conn is
	// watched. It may be called after Close.
	Shutdown()
	// Close frees the Conn. Nothing is read or written then, nor will be.
	Close()
}

// FirstRead is how many bytes are read at first of a message. Bytes that are not processed at once
// have to be kept, so they are few.
const FirstRead = 4 << 10
