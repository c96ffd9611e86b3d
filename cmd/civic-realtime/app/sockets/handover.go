package sockets

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/systemd"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/takeover"
)

// Serving is a server that another process may take over from.
type Serving struct {
	// Public and Admin are its sockets; Admin is nil if there is none.
	Public, Admin *net.TCPListener
	// Kept is as in Inherited.
	Kept bool
	// Dir is the data directory. The store in it is open. Empty: no process can take over.
	Dir string
	// Store is closed when the server has ended, or hands over.
	Store io.Closer
	// HandOver makes the server stop accepting and close its clients, and call drained when it uses
	// the store no longer. It reports false if the server shuts down already.
	HandOver func(drained func(error)) bool
	// Stop ends what runs beside the server. It is called when HandOver has begun.
	Stop func()
	Log  *slog.Logger
}

// Handover waits, beside a server that serves, for a process that takes over, and hands over to it.
type Handover struct {
	Serving
	offers *takeover.Offers // nil: none are made
	ended  chan struct{}    // closed when run has returned

	// Set by run, and by release.
	successor *takeover.Successor // nil: none has come
	again     *Inherited          // the same sockets, for the case that the successor fails
	released  bool                // the store is closed, and the successor knows
	lost      error               // what could not be stored
}

// Offer begins to wait for a process that takes over from s. If that is not possible, this is
// logged, and s goes on without it.
func Offer(s Serving) *Handover {
	h := &Handover{Serving: s, ended: make(chan struct{})}
	if s.Dir == "" {
		close(h.ended)
		return h
	}
	sockets := []takeover.Socket{{Name: systemd.Public, Listener: s.Public, Kept: s.Kept}}
	if s.Admin != nil {
		sockets = append(sockets, takeover.Socket{Name: systemd.Admin, Listener: s.Admin})
	}
	var err error
	if h.offers, err = takeover.Listen(s.Dir, sockets, s.Log); err != nil {
		s.Log.Warn("no process can take over from this one", slog.String("reason", err.Error()))
		close(h.ended)
		return h
	}
	go h.run()
	return h
}

// run hands over to the process that takes over. If the server shuts down already, End releases the
// store.
func (h *Handover) run() {
	defer close(h.ended)
	successor := h.offers.Await()
	if successor == nil {
		return
	}
	var err error
	if h.again, err = h.sameSockets(); err != nil {
		h.Log.Error("a takeover that fails cannot be undone", slog.String("reason", err.Error()))
	}
	h.successor = successor
	drained := make(chan struct{})
	handsOver := h.HandOver(func(lost error) {
		h.release(lost)
		close(drained)
	})
	if handsOver {
		h.Stop()
		<-drained
	}
}

// sameSockets returns the sockets once more: these stay open when those of the server are closed.
func (h *Handover) sameSockets() (in *Inherited, err error) {
	in = &Inherited{Kept: h.Kept, Again: true, log: h.Log}
	if in.Public, err = sameSocket(h.Public); err == nil && h.Admin != nil {
		in.Admin, err = sameSocket(h.Admin)
	}
	return in, err
}

func sameSocket(l *net.TCPListener) (*net.TCPListener, error) {
	file, err := l.File()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	same, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	return same.(*net.TCPListener), nil
}

// release closes the store, and lets the successor have it. lost is the error of storing what was
// received.
func (h *Handover) release(lost error) {
	h.released = true
	h.lost = errors.Join(lost, h.Store.Close())
	if err := h.successor.Release(h.lost); err != nil {
		h.Log.Warn("the process that takes over is gone", slog.String("reason", err.Error()))
	}
}

// End ends the offer when the server has shut down with err, and closes the store unless a process
// that takes over has it. It waits until such a process serves, or until ctx is done. If the
// process has ended before that, End returns the sockets, for this one to serve on; else nil, and
// the error of the shutdown.
func (h *Handover) End(ctx context.Context, err error) (on *Inherited, _ error) {
	if h.offers != nil {
		if failure := h.offers.Close(); failure != nil {
			h.Log.Debug("the socket for takeovers is gone",
				slog.String("reason", failure.Error()))
		}
	}
	<-h.ended
	switch {
	case h.successor == nil:
		return nil, errors.Join(err, h.Store.Close())
	case !h.released:
		h.release(err)
	}
	return h.awaitSuccessor(ctx)
}

// awaitSuccessor waits until the successor serves.
func (h *Handover) awaitSuccessor(ctx context.Context) (on *Inherited, _ error) {
	stop := context.AfterFunc(ctx, func() { _ = h.successor.Close() })
	began, pid := time.Now(), slog.Int("to_pid", h.successor.PID)
	err := h.successor.Await()
	stop()
	_ = h.successor.Close()
	switch {
	case err == nil:
		h.Log.Info("handed over", pid, slog.Duration("waited", time.Since(began)))
		systemd.NewNotifier(h.Log).Successor(h.successor.PID)
	case ctx.Err() != nil:
		h.Log.Warn("stopped before the process that takes over serves; it goes on alone", pid)
	case h.again.Public != nil:
		h.Log.Error("the process that took over has ended before it served: "+
			"this one serves on, with the sockets that it has kept", pid)
		return h.again, nil
	}
	return nil, errors.Join(h.lost, h.again.Close())
}
