package handon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// sessionsPerNode is how many sessions this node has with another one at most: one for each core,
// as a session is read by one goroutine, and few, so that frames are sent together.
func sessionsPerNode() int { return min(4, runtime.GOMAXPROCS(0)) }

// Dialer hands connections on to other nodes. It dials a node when it is first needed, and again
// after a session has ended. Its zero value can be used. Its methods may be called from any
// goroutine.
type Dialer struct {
	mu     sync.Mutex           // guards everything below
	nodes  map[string][]*dialed // sessions by address
	last   int                  // the last one that was used
	closed bool
}

// dialed is a session, or one that is being dialed.
type dialed struct {
	ready   chan struct{} // closed when the fields below are set
	session *mux.Session  // nil: it failed
	err     error
}

// Dial hands a connection on to the node with an address: it returns the stream to that node, which
// has taken the client's over and reads its bytes next. The error is a *RefusedError if the node
// has answered.
func (d *Dialer) Dial(
	ctx context.Context, c *Config, address string, p Preamble,
) (*mux.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	opening, err := p.encode()
	if err != nil {
		return nil, err
	}
	for {
		by, fresh, err := d.session(ctx, c, address)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", address, err)
		}
		s, answer, err := by.session.Open(ctx, opening)
		if !fresh && errors.Is(err, mux.ErrEnded) {
			d.remove(address, by)
			continue // the node may have been started again
		}
		if err == nil {
			if err = readAnswer(bytes.NewReader(answer)); err != nil {
				_ = s.Close()
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", address, err)
		}
		return s, nil
	}
}

// session returns the session whose turn it is, and whether it is a new one.
func (d *Dialer) session(
	ctx context.Context, c *Config, address string,
) (s *dialed, fresh bool, err error) {
	s, fresh, err = d.next(address)
	if err != nil {
		return nil, false, err
	}
	if fresh {
		d.connect(ctx, c, address, s)
	}
	select {
	case <-s.ready:
		return s, fresh, s.err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// next returns the session whose turn it is, which the caller is to dial if it is a new one.
func (d *Dialer) next(address string) (s *dialed, fresh bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, false, net.ErrClosed
	}
	if d.nodes == nil {
		d.nodes = map[string][]*dialed{}
	}
	all := d.nodes[address]
	if len(all) < sessionsPerNode() {
		s = &dialed{ready: make(chan struct{})}
		d.nodes[address] = append(all, s)
		return s, true, nil
	}
	d.last = (d.last + 1) % len(all)
	return all[d.last], false, nil
}

// connect dials a session.
func (d *Dialer) connect(ctx context.Context, c *Config, address string, s *dialed) {
	conn, err := c.dial(ctx, address)
	if s.err = err; err == nil {
		s.session = c.begin(mux.Client, conn, mux.Config{Ended: func(error) {
			<-s.ready
			d.remove(address, s)
		}})
	}
	close(s.ready)
	if err != nil || d.isClosed() {
		d.remove(address, s)
	}
}

func (d *Dialer) isClosed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closed
}

// remove removes a session that has ended, or is to end.
func (d *Dialer) remove(address string, s *dialed) {
	d.mu.Lock()
	if i := slices.Index(d.nodes[address], s); i >= 0 {
		d.nodes[address] = slices.Delete(d.nodes[address], i, i+1)
	}
	if len(d.nodes[address]) == 0 {
		delete(d.nodes, address)
	}
	d.mu.Unlock()
	if s.session != nil {
		_ = s.session.Close()
	}
}

// Sessions returns the number of sessions with all nodes.
func (d *Dialer) Sessions() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, all := range d.nodes {
		n += len(all)
	}
	return n
}

// Close ends all sessions. Dial fails from then on.
func (d *Dialer) Close() {
	d.mu.Lock()
	d.closed = true
	nodes := d.nodes
	d.nodes = nil
	d.mu.Unlock()
	for _, all := range nodes {
		for _, s := range all {
			<-s.ready
			if s.session != nil {
				_ = s.session.Close()
			}
		}
	}
}
