package transport

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// recheckWorkers is how many sessions may be in the course of being checked again.
const recheckWorkers = 16

// rechecks has the sessions of connections checked again, in the order in which
// that became due. Its goroutines live while there is something to check.
type rechecks struct {
	ctx context.Context // done when the server ends
	end func()

	mu      sync.Mutex // guards everything below, and vetted.turn
	queue   []*conn
	workers int
}

func newRechecks() *rechecks {
	r := &rechecks{}
	r.ctx, r.end = context.WithCancel(context.Background())
	return r
}

// queueState is where a connection is in rechecks.
type queueState uint8

const (
	notQueued queueState = iota
	queued
	checking    // it is being checked
	queuedAgain // and will have to be once more
)

// recheckState is what rechecks need of a connection.
type recheckState struct {
	due        atomic.Int64 // Server.clock at which the session is to be checked again; never
	queueState queueState

	state     sync.Mutex   // guards everything below; held while a session takes effect
	peer      *engine.Peer // nil: the session is not checked again
	user      string
	token     string
	checkedAt time.Duration // Server.clock as of which the session was known to be good
}

// add has a connection checked as soon as it is its turn. It never blocks.
func (r *rechecks) add(c *conn) {
	c.due.Store(never)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch c.queueState {
	case notQueued:
		r.push(c)
	case checking:
		c.queueState = queuedAgain
	}
}

func (r *rechecks) push(c *conn) {
	c.queueState = queued
	r.queue = append(r.queue, c)
	if r.workers < recheckWorkers {
		r.workers++
		go r.work()
	}
}

func (r *rechecks) work() {
	for c := r.next(); c != nil; c = r.next() {
		c.recheck(r.ctx)
		r.done(c)
	}
}

// next returns nil when the worker is to end.
func (r *rechecks) next() *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		r.queue = nil
		r.workers--
		return nil
	}
	c := r.queue[0]
	r.queue[0] = nil
	r.queue = r.queue[1:]
	c.queueState = checking
	return c
}

func (r *rechecks) done(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.queueState == queuedAgain {
		r.push(c)
		return
	}
	c.queueState = notQueued
}

// Recheck has the sessions of a user's connections checked at once, those of all
// users if user is empty, and says how many connections these are. Sessions that
// hold until they expire are not among them.
func (s *Server) Recheck(user string) (connections int) {
	var found []*conn
	tokens := map[string]struct{}{}
	for slot := range sweepSlots {
		s.conns.each(slot, func(c *conn) {
			if token := c.tokenOf(user); token != "" {
				found = append(found, c)
				tokens[token] = struct{}{}
			}
		})
	}
	if d, ok := s.auth.(auth.Invalidator); ok {
		for token := range tokens {
			d.Invalidate(token)
		}
	}
	for _, c := range found {
		s.rechecks.add(c)
	}
	return len(found)
}

// tokenOf is the connection's token if it is the user's, and checked again at all.
func (c *conn) tokenOf(user string) string {
	c.state.Lock()
	defer c.state.Unlock()
	if c.recheckState.peer == nil || user != "" && c.user != user {
		return ""
	}
	return c.token
}

// recheckIfDue has the session checked when that is due.
func (c *conn) recheckIfDue(now time.Duration) {
	if int64(now) >= c.due.Load() {
		c.server.rechecks.add(c)
	}
}
