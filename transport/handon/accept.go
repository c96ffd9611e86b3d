package handon

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/civicpress/civic-realtime/persist/directconn"
	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// Listen returns a Listener that accepts from l. It checks each connection and each stream on a
// goroutine of its own, which ends with the answer.
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
			l.logRefusal(c, errTooMany.Reason)
			_ = c.Close()
		}
	}
}

// take checks a connection, and makes a session of it, or passes it to Config.Calls, or closes it.
func (l *Listener) take(c net.Conn) {
	defer func() { <-l.slots }()
	deadline := time.Now().Add(l.cfg.timeout())
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	_ = c.SetDeadline(deadline)
	if err := l.check(ctx, c); err != nil {
		if !isOrdinary(err) {
			l.logRefusal(c, err.Error())
		}
		_ = c.Close()
	}
}

// check serves a connection whose hello is accepted, or a call.
func (l *Listener) check(ctx context.Context, raw net.Conn) error {
	c := directconn.Direct(raw)
	if l.cfg.ListenTLS != nil {
		secure := tls.Server(c, l.cfg.ListenTLS)
		if err := secure.HandshakeContext(ctx); err != nil {
			return err
		}
		c = secure
	}
	var first [1]byte
	if _, err := io.ReadFull(c, first[:]); err != nil {
		return err
	}
	if first[0] >= 'A' && first[0] <= 'Z' && l.cfg.Calls != nil {
		_ = raw.SetDeadline(time.Time{})
		l.cfg.Calls(&call{Conn: c, first: first[:]})
		return nil
	}
	node, err := l.readHello(c, first[0])
	var refused *RefusedError
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	if _, failed := c.Write(appendAnswer(nil, refused)); err == nil {
		err = failed
	}
	if err == nil {
		_ = raw.SetDeadline(time.Time{})
		netpoll.LimitSilence(raw, 2*keepAlive)
		l.serve(c, node)
	}
	return err
}

// readHello reads and checks a hello.
func (l *Listener) readHello(c net.Conn, first byte) (node string, err error) {
	if first != version {
		return "", errVersion
	}
	node, err = readHello(c, l.cfg.secret())
	if err == io.EOF { // behind the first byte
		err = io.ErrUnexpectedEOF
	}
	return node, err
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
