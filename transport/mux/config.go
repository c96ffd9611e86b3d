package mux

// Config has the functions that a session calls.
type Config struct {
	// Accept serves a stream that the other node has opened. It is called on a goroutine of its
	// own, and must call Answer or Reset on the stream. opening is its own. Server only; nil: all
	// streams are reset.
	Accept func(s *Stream, opening []byte)
	// Soon is called when frames wait to be written and Flush is to be called, within milliseconds:
	// frames of that time go out together. It must not block, and call no method of the session but
	// Flush, as the session's lock is held. nil: they are written after writeDelay.
	Soon func()
	// Ended is called once, on the session's reader goroutine, when the session has ended and all
	// its streams know. The error wraps ErrEnded. nil: it is not called.
	Ended func(error)
}

// Events receives what comes on a stream, instead of Read. Calls of Received and Ended come one at
// a time, from the session's reader goroutine or from Notify; calls of Writable may come from other
// goroutines at the same time, also two at once. They must not block. No lock of this package is
// held during the calls, so they may call all methods of the stream. When Close or Reset returns a
// call may still be under way; none follows.
type Events interface {
	// Received is called with bytes that have come, which it may use only during the call. Each of
	// them is to be Consumed, at any later time.
	Received(p []byte)
	// Ended is called with nil when the other node has ended its direction, and with an error,
	// ErrReset or one that wraps ErrEnded, when the stream was reset or the session has ended.
	// Each of the two is called at most once. The error may follow nil, as long as this node has
	// not called CloseWrite; nothing follows the error. Close and Reset on this node call neither.
	Ended(err error)
	// Writable is called when TryWrite may take bytes again, after it took less than all.
	Writable()
}
