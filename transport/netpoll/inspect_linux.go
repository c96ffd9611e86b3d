package netpoll

// State is the state of a polled Conn. It is for tests and for debugging.
type State struct {
	FD         int  // the socket
	Watched    bool // it is in one of its poller's sets
	Paced      bool // it is read at ticks
	Bulk       bool // it is in the middle of a long message
	WriteWaits bool // a Write waits for the client, and has handled each wake-up
}

// Inspect calls f with the state of a Conn, which cannot be closed during the call. It returns
// false for a Conn that is not polled.
func Inspect(c Conn, f func(State)) bool {
	p, ok := c.(*pollConn)
	if !ok {
		return false
	}
	p.life.Lock()
	defer p.life.Unlock()
	p.sets.mu.Lock()
	woken := p.sets.writers[p.fd]
	p.sets.mu.Unlock()
	in := set(p.shown.Load())
	f(State{
		FD: p.fd, Watched: in != setNone, Paced: in == setPaced, Bulk: in == setBulk,
		WriteWaits: woken != nil && len(woken) == 0,
	})
	return true
}
