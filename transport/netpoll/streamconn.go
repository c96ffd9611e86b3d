package netpoll

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// streamConn is a Conn over a stream, whose session passes input to it: no poller and no goroutine
// reads it. Input that the handler is not to get yet waits here, at most mux.Window bytes of it.
type streamConn struct {
	stream  *mux.Stream
	holder  holder // nil: all input is delivered at once
	newFor  time.Duration
	made    time.Time
	handler Handler
	lock    *sync.Mutex   // the handler's
	watches atomic.Uint32 // a watching; changed with lock held
	closed  bool          // Handler.Closed was called; guarded by lock
	held    bool          // it is in heldStreams; guarded by heldStreams.mu

	mu     sync.Mutex // a leaf; guards everything below
	inbox  []byte     // input that the handler has not got
	last   time.Time  // when input last came
	over   bool       // nothing more will come
	cut    bool       // Shutdown was called
	writer chan error // wakes a Write that waits; nil: none does
}

// holder makes a streamConn report at a tick, if it needs not wait for longer.
type holder interface{ hold(c *streamConn) }

// watching is what of a stream its handler is to be told.
type watching = uint32

const (
	watchNothing watching = iota
	watchInput
	watchHangups
)

// newStreamConn returns a Conn, which counts as new for newFor.
func newStreamConn(
	h Handler, lock *sync.Mutex, s *mux.Stream, by holder, newFor time.Duration,
) *streamConn {
	c := &streamConn{
		stream: s, holder: by, newFor: newFor, made: time.Now(), handler: h, lock: lock,
	}
	s.Notify(c)
	return c
}

// Watch leaves input that waits to another goroutine, as lock is held.
func (c *streamConn) Watch() { c.watch(watchInput) }

func (c *streamConn) Unwatch() { c.watches.Store(watchNothing) }

func (c *streamConn) WatchHangup() { c.watch(watchHangups) }

func (c *streamConn) watch(what watching) {
	c.watches.Store(what)
	if c.Unread() {
		go c.report()
	}
}

func (c *streamConn) Unread() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.inbox) > 0 || c.over || c.cut
}

// Received implements mux.Events. Input that the handler may get at once is not copied.
func (c *streamConn) Received(p []byte) {
	if c.isPaced(p) {
		c.keep(p)
		c.holder.hold(c)
		return
	}
	if c.tryLock() {
		if c.inboxEmpty() {
			n := c.deliver(p)
			p = p[n:]
		}
		c.keep(p)
		c.lock.Unlock()
	} else {
		c.keep(p)
	}
	if len(p) > 0 { // the handler may have begun to watch meanwhile
		c.report()
	}
}

// Ended implements mux.Events.
func (c *streamConn) Ended(error) {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.wake(nil)
	c.report()
}

// Writable implements mux.Events.
func (c *streamConn) Writable() { c.wake(nil) }

// isPaced reports whether input that has come is to wait for a tick: the connection is active, as a
// paced one of a poller is, and not in the middle of much.
func (c *streamConn) isPaced(p []byte) bool {
	if c.holder == nil || c.watches.Load() != watchInput {
		return false
	}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	active := now.Sub(c.last) < activeGap
	c.last = now
	return active && now.Sub(c.made) >= c.newFor && len(c.inbox)+len(p) <= FirstRead
}

// mayWait returns the time for which input need not be delivered.
func (c *streamConn) mayWait(now time.Time) time.Duration {
	if c.watches.Load() != watchInput || !c.lock.TryLock() {
		return 0
	}
	defer c.lock.Unlock()
	return c.handler.MayWait(now)
}

func (c *streamConn) inboxEmpty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.inbox) == 0
}

func (c *streamConn) keep(p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = append(c.inbox, p...)
}

// tryLock takes lock, unless nothing is watched any more; see pollConn.tryLock.
func (c *streamConn) tryLock() bool {
	for c.watches.Load() != watchNothing {
		if c.lock.TryLock() {
			return true
		}
		runtime.Gosched()
	}
	return false
}

// report passes to the handler what it is to be told.
func (c *streamConn) report() {
	if !c.tryLock() {
		return
	}
	defer c.lock.Unlock()
	if c.watches.Load() == watchInput {
		c.deliverInbox()
	}
	c.mu.Lock()
	over, left := c.over || c.cut, len(c.inbox) > 0 && !c.cut
	c.mu.Unlock()
	switch {
	case !over:
	case c.watches.Load() == watchHangups:
		c.watches.Store(watchNothing)
		c.handler.HungUp()
	case c.watches.Load() == watchInput && !left && !c.closed:
		c.closed = true
		c.handler.Closed()
	}
}

// deliverInbox passes input to the handler that waits; lock is held.
func (c *streamConn) deliverInbox() {
	for {
		c.mu.Lock()
		p := c.inbox
		c.inbox = nil
		c.mu.Unlock()
		n := c.deliver(p)
		if n < len(p) {
			c.mu.Lock()
			c.inbox = append(p[n:len(p):len(p)], c.inbox...)
			c.mu.Unlock()
		}
		if n == 0 {
			return
		}
	}
}

// deliver passes input to the handler while that watches, piece by piece, and returns how many
// bytes it got; lock is held.
func (c *streamConn) deliver(p []byte) (n int) {
	for n < len(p) && c.watches.Load() == watchInput && !c.isCut() {
		piece := p[n:min(len(p), n+FirstRead+c.handler.Pending())]
		c.handler.Receive(piece)
		c.stream.Consumed(len(piece))
		n += len(piece)
	}
	return n
}

func (c *streamConn) isCut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut
}

func (c *streamConn) Write(p []byte) error {
	n, err := c.stream.TryWrite(p)
	if err != nil || n == len(p) {
		return err
	}
	return c.writeWaiting(p[n:])
}

// writeWaiting writes p, for which the window had no room. As pollConn.writeWaiting it calls
// Handler.WriteWaits again only after bytes were taken, and tries once more after Unblock.
func (c *streamConn) writeWaiting(p []byte) error {
	woken := make(chan error, 1)
	c.setWriter(woken)
	defer c.setWriter(nil)
	var end error
	for moved := true; len(p) > 0; {
		n, err := c.stream.TryWrite(p)
		switch {
		case err != nil:
			return err
		case n > 0:
			p, moved, end = p[n:], true, nil
			continue
		case end != nil:
			return end
		}
		if moved {
			c.handler.WriteWaits()
		}
		moved = false
		if end = <-woken; end != nil && !c.handler.Stalled() {
			end = nil
		}
	}
	return nil
}

func (c *streamConn) setWriter(woken chan error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writer = woken
}

// wake makes a Write that waits continue, or end with err; see sets.wake.
func (c *streamConn) wake(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		select {
		case <-c.writer:
		default:
		}
	}
	select {
	case c.writer <- err: // a nil channel is never ready
	default:
	}
}

func (c *streamConn) Unblock() { c.wake(os.ErrDeadlineExceeded) }

func (c *streamConn) CloseWrite() { _ = c.stream.CloseWrite() }

// Shutdown sends what was written before, as shutdown(2) does. Input is dropped.
func (c *streamConn) Shutdown() {
	c.mu.Lock()
	c.cut = true
	c.mu.Unlock()
	_ = c.stream.CloseWrite()
	c.wake(nil)
	go c.report()
}

func (c *streamConn) Close() { _ = c.stream.Close() }
