package transport

// link is the way to a client, once the handshake is answered. What the client sends
// it hands to the connection, in the pieces in which it comes, under conn.reading:
// to conn.feed, and to conn.gone when nothing more will come.
type link interface {
	// watch begins with that, or goes on; unwatch stops it. reading is held.
	watch()
	unwatch()
	// watchEnd has conn.hungUp called, once, when the client has gone, and leaves what
	// else comes to watch. Not every link can tell. reading is held.
	watchEnd()
	// unread says whether something has come, or the client has gone, and nobody has read that. Not every link can tell.
	unread() bool
	// write writes p whole, and calls conn.stops whenever it has to wait. It fails after
	// shut, and with os.ErrDeadlineExceeded after unblock. One call at a time.
	write(p []byte) error
	// unblock fails a write that waits.
	unblock()
	// halfClose tells the client that nothing more will be written.
	halfClose()
	// shut ends both directions: a write fails, and conn.gone follows when the link is watched.
	// It may be called from any goroutine, also after close.
	shut()
	// close frees what the link holds. Nothing is being read or written then, nor ever will be.
	close()
}
