package netpoll

import "time"

// Handler is the owner of a Conn. Unless noted otherwise, its methods are called by the goroutine
// that reads the connection, with the lock held that was given to Pollers.Add. They must not block,
// as a poller serves many connections with one goroutine.
type Handler interface {
	// Receive processes bytes that have come. They are lent for the call. It returns the cost in
	// bytes: bytes received, allocated, copied or checked.
	Receive(b []byte) (cost int)
	// Pending returns how many bytes of the message that has begun are still to come: 0 if none has
	// begun, DiscardAll if all input is dropped.
	Pending() int
	// MayWait returns the time for which the client's input need not be read, as it would not take
	// effect earlier.
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

// Ticks are the times at which the engine processes input.
type Ticks interface {
	// UntilTick returns the time from now until the next tick.
	UntilTick(now time.Time) time.Duration
	// AllRead reports to the engine that everything has been received that had come before the last
	// tick.
	AllRead(now time.Time)
}

// Conn is a connection. Unless noted otherwise, its methods may be called from any goroutine.
type Conn interface {
	// Watch begins or continues to read. The Handler's lock is held.
	Watch()
	// Unwatch stops reading; input waits in the kernel. The Handler's lock is held.
	Unwatch()
	// WatchHangup does not read, but calls Handler.HungUp when the client closes the connection, if
	// the system can tell. The Handler's lock is held.
	WatchHangup()
	// Unread reports whether bytes wait to be read, or the client has closed the connection, as far
	// as the system can tell.
	Unread() bool
	// Write writes all of p, and calls Handler.WriteWaits whenever it has to wait. It fails after
	// Shutdown, and with os.ErrDeadlineExceeded after Unblock. Only one call may be in progress.
	Write(p []byte) error
	// Unblock ends a Write that waits, unless bytes of it have been taken meanwhile.
	Unblock()
	// CloseWrite ends the direction to the client.
	CloseWrite()
	// Shutdown ends both directions: Write fails, and Handler.Closed is called if the Conn is
	// watched. It may be called after Close.
	Shutdown()
	// Close frees the Conn. Nothing may be read or written from then on.
	Close()
}

// activeGap is the longest silence between two messages of an active connection.
const activeGap = time.Second

// FirstRead is how many bytes of a message are read at first. They are few, as bytes that are not
// processed at once have to be kept.
const FirstRead = 4 << 10
