package load

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Fleet is a set of connected clients. Its methods are for one goroutine.
type Fleet struct {
	target  Target
	shape   Shape
	stream  Stream
	name    string
	clients []*client // room by room, seat by seat
	written uint64    // by every writer

	plan    atomic.Pointer[schedule] // of the run; nil when there is none
	latency atomic.Pointer[Latencies]
	ctx     context.Context // of the run; done too when a connection ends
	cancel  context.CancelFunc

	delivered, repeated, moves, frames, bytes counter
	goal                                      counter       // of delivered
	reached                                   chan struct{} // has an element when the goal is
}

type counter = atomic.Uint64

const (
	handshakes = 64 // at a time
	patience   = 30 * time.Second
)

var fleets atomic.Int64

// Connect connects clients and joins them to new rooms. It returns when all have joined and sent
// their awareness.
func Connect(ctx context.Context, target Target, shape Shape, stream Stream) (*Fleet, error) {
	f := &Fleet{target: target, shape: shape, stream: stream, reached: make(chan struct{}, 1)}
	f.name = fmt.Sprintf("load-%d", fleets.Add(1))
	f.ctx, f.cancel = context.WithCancel(ctx)
	for room := range shape.Rooms {
		for seat := range shape.Clients {
			f.clients = append(f.clients, f.newClient(room, seat))
		}
	}
	err := f.each(handshakes, (*client).opens)
	if err == nil {
		err = f.each(handshakes, (*client).follows)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// opens joins with the first client of a room. Of several servers that get the first clients of a
// room at once, all but one refuse them for the moment.
func (c *client) opens() error {
	if c.seat > 0 && c.fleet.target.Place != nil {
		return nil
	}
	return c.join()
}

// follows joins with the clients that opens has left.
func (c *client) follows() error {
	if c.seat == 0 || c.fleet.target.Place == nil {
		return nil
	}
	return c.join()
}

func (f *Fleet) newClient(room, seat int) *client {
	c := &client{fleet: f, room: room, seat: seat, joined: make(chan struct{})}
	c.got = make([]spans, f.shape.Writers)
	c.id = firstClient + uint64(room*f.shape.Clients+seat)
	c.name = f.roomName(room)
	c.proto = f.target.Protocol(c.name)
	c.state = cursor(nil, c.id, 0)
	if seat == f.shape.Clients-1 {
		c.keeps = new(ydoc.Doc)
	}
	return c
}

func (f *Fleet) roomName(room int) string { return fmt.Sprintf("%s-%d", f.name, room) }

// each calls g for every client, atOnce of them at a time, and returns the first error.
func (f *Fleet) each(atOnce int, g func(*client) error) error {
	var all sync.WaitGroup
	failed := make(chan error, len(f.clients))
	slots := make(chan struct{}, atOnce)
	for _, c := range f.clients {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := g(c); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (c *client) join() (err error) {
	header := http.Header{}
	if offer := c.fleet.target.Offer; offer != "" {
		header.Set("Sec-WebSocket-Protocol", offer)
	}
	scheme := "ws://"
	if c.fleet.target.TLS != nil {
		scheme = "wss://"
	}
	to := c.fleet.target
	if to.Place != nil {
		to.Addr = to.Place(c.name, c.seat)
	}
	c.socket, _, err = gws.NewClient(c, &gws.ClientOption{
		Addr: scheme + to.Addr + to.Path(c.name), TlsConfig: to.TLS, RequestHeader: header,
		ReadBufferSize: 4096, HandshakeTimeout: patience, ReadMaxPayloadSize: 64 << 20,
		NewSession:        func() gws.SessionStorage { return nil },
		PermessageDeflate: gws.PermessageDeflate{Enabled: c.fleet.target.Compress},
		NewDialer:         func() (gws.Dialer, error) { return countingDialer{c}, nil },
	})
	if err != nil {
		return err
	}
	go c.socket.ReadLoop()
	if err := c.hello(); err != nil {
		return err
	}
	select {
	case <-c.joined:
	case <-time.After(patience):
		return fmt.Errorf("client %d of %s: no answer", c.seat, c.name)
	case <-c.fleet.ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// stop ends the run. The fleet cannot be used again.
func (f *Fleet) stop() { f.cancel() }

// deliver counts deliveries.
func (f *Fleet) deliver(n uint64) {
	if n > 0 && f.delivered.Add(n) >= f.goal.Load() {
		select {
		case f.reached <- struct{}{}:
		default:
		}
	}
}

// Close closes the connections, without close frames.
func (f *Fleet) Close() {
	f.cancel()
	for _, c := range f.clients {
		c.leave()
	}
}

func (c *client) leave() {
	c.left.Store(true)
	if c.socket != nil {
		_ = c.socket.NetConn().Close()
	}
}

// err returns the first error of a client.
func (f *Fleet) err() error {
	for _, c := range f.clients {
		c.mu.Lock()
		err := c.err
		c.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}
