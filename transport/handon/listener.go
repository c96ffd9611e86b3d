package handon

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// slots is how many connections may be in their preamble. Further ones are closed.
const slots = 1024

// Listener accepts the connections that other nodes hand on.
type Listener struct {
	net.Listener
	cfg     Config
	samples *limit.LogSampler

	handed chan net.Conn // *Conn
	ended  chan struct{}
	slots  chan struct{}
	once   sync.Once
	failed error // of the last Accept; set before ended is closed
}

// Listen returns a Listener that accepts from l. It checks each connection on a goroutine of its
// own, which ends with the preamble.
func Listen(l net.Listener, cfg Config) *Listener {
	h := &Listener{
		Listener: l, cfg: cfg, handed: make(chan net.Conn), ended: make(chan struct{}),
		slots: make(chan struct{}, slots),
	}
	if h.cfg.Log == nil {
		h.cfg.Log = slog.New(slog.DiscardHandler)
	}
	h.samples = limit.NewLogSampler(h.cfg.Log, time.Now())
	go h.acceptAll()
	return h
}

// Accept returns the next connection that was handed on, a *Conn.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.handed:
		return c, nil
	case <-l.ended:
		return nil, l.failed
	}
}

// Close stops accepting.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	l.end(net.ErrClosed)
	return err
}

func (l *Listener) end(err error) {
	l.once.Do(func() {
		l.failed = err
		l.samples.Stop()
		close(l.ended)
	})
}

// Sweep writes the log lines that are due. It is to be called every few seconds.
func (l *Listener) Sweep() { l.samples.Sweep() }

// acceptPause is the time after an Accept that failed, as when there are no descriptors.
const acceptPause = 50 * time.Millisecond

func (l *Listener) acceptAll() {
	for {
		c, err := l.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			l.end(err)
			return
		case err != nil:
			l.cfg.Log.Warn("no connection of a node can be accepted",
				slog.String("reason", err.Error()))
			select {
			case <-time.After(acceptPause):
			case <-l.ended:
				return
			}
			continue
		}
		select {
		case l.slots <- struct{}{}:
			go l.take(c)
		default:
			l.logRefusal(c, "too many connections in their preamble")
			_ = c.Close()
		}
	}
}

// take checks a connection and passes it to Accept, or to Config.Calls, or closes it.
func (l *Listener) take(c net.Conn) {
	defer func() { <-l.slots }()
	deadline := time.Now().Add(l.cfg.timeout())
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	_ = c.SetDeadline(deadline)
	handed, err := l.check(ctx, c)
	if err != nil {
		if !isOrdinary(err) {
			l.logRefusal(c, err.Error())
		}
		_ = c.Close()
		return
	}
	if handed == nil {
		return
	}
	_ = c.SetDeadline(time.Time{})
	select {
	case l.handed <- handed:
	case <-l.ended:
		_ = c.Close()
	}
}

// check returns a connection that was handed on, or nil if it is a call, which it passes on.
func (l *Listener) check(ctx context.Context, c net.Conn) (*Conn, error) {
	raw := c
	if l.cfg.ListenTLS != nil {
		secure := netpoll.OverTLS(c, l.cfg.ListenTLS)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		c = secure
	}
	var first [1]byte
	if _, err := io.ReadFull(c, first[:]); err != nil {
		return nil, err
	}
	if first[0] >= 'A' && first[0] <= 'Z' && l.cfg.Calls != nil {
		_ = raw.SetDeadline(time.Time{})
		l.cfg.Calls(&call{Conn: c, first: first[:]})
		return nil, nil
	}
	p, err := l.readPreamble(ctx, c, first[0])
	var refused *RefusedError
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	if _, failed := c.Write(appendAnswer(nil, refused)); err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	return &Conn{Conn: c, Preamble: p, remote: net.TCPAddrFromAddrPort(p.Remote)}, nil
}

// readPreamble reads and checks a preamble.
func (l *Listener) readPreamble(ctx context.Context, c net.Conn, first byte) (Preamble, error) {
	if first != version {
		return Preamble{}, errVersion
	}
	p, err := readPreamble(c, l.cfg.secret())
	if err == io.EOF { // behind the first byte
		err = io.ErrUnexpectedEOF
	}
	if err != nil || l.cfg.Check == nil {
		return p, err
	}
	if refused := l.cfg.Check(ctx, p); refused != nil {
		return p, refused
	}
	return p, nil
}

// isOrdinary reports whether a node was refused as this one is not ready or not the owner, which is
// logged by the node that was refused, or whoever has connected has gone without a word, as a node
// that ends just then.
func isOrdinary(err error) bool {
	var refused *RefusedError
	return err == io.EOF ||
		errors.As(err, &refused) && (refused.Answer == NotOwner || refused.Answer == NotReady)
}

// logRefusal logs a connection that is closed.
func (l *Listener) logRefusal(c net.Conn, reason string) {
	client := limit.PeerAddr(c).String()
	l.samples.Log(limit.SampleKey{Message: "connection to the peer listener refused", Client: client},
		limit.Event{Level: slog.LevelWarn, Attrs: []slog.Attr{
			slog.String("remote", client), slog.String("reason", reason),
		}})
}

// call is a connection whose first byte has been read.
type call struct {
	net.Conn
	first []byte
}

// Read implements net.Conn.
func (c *call) Read(p []byte) (int, error) {
	if len(c.first) > 0 && len(p) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}
