package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// Drain makes Serve shut down, as the end of its context does, and returns at once: Serve returns
// when that is done. From now on the server is not ready. It may be called twice.
func (s *Server) Drain() { s.startDrain(nil) }

// HandOver makes Serve shut down for a process that serves the same sockets next: it accepts
// nothing more, as new clients wait for that process, closes all connections at once, and takes no
// snapshots (engine.Engine.HandOver). It calls drained when the store is not used any more, with
// the error of the engine, before the last connections have ended. HandOver returns at once. It
// reports false if the server is shutting down already; drained is not called then.
func (s *Server) HandOver(drained func(error)) bool { return s.startDrain(drained) }

func (s *Server) startDrain(drained func(error)) (first bool) {
	if first = s.drain.start(drained); first {
		s.cfg().Events.Publish(events.Event{Kind: events.Draining})
	}
	return first
}

func (d *drain) start(drained func(error)) (first bool) {
	d.once.Do(func() {
		first, d.drained = true, drained
		close(d.begun)
	})
	return first
}

var errNotReady = errors.New("draining")

// Draining reports whether Drain or HandOver was called, or Serve shuts down.
func (s *Server) Draining() bool {
	select {
	case <-s.drain.begun:
		return true
	default:
		return false
	}
}

// HandingOver reports whether the server shuts down by HandOver.
func (s *Server) HandingOver() bool { return s.Draining() && s.drain.drained != nil }

// Alive reports whether the regular check of all connections is running, as it does about once a
// second.
func (s *Server) Alive() bool {
	return time.Since(s.started)-s.now() < aliveSweeps*s.cfg().PingInterval/sweepSlots
}

// aliveSweeps is how many of the regular checks may be late by.
const aliveSweeps = 10

// addDrainGauges adds the metrics of the shutdown.
func (s *Server) addDrainGauges() {
	s.counters.set.NewGauge("realtime_draining", func() float64 {
		if s.Draining() {
			return 1
		}
		return 0
	})
	s.counters.set.NewGauge("realtime_drain_deadline_timestamp_seconds", func() float64 {
		return float64(s.drain.ends.Load()) / 1000
	})
}

// shutdown ends everything within Config.DrainTimeout.
func (s *Server) shutdown(g *limit.Listener, h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg().DrainTimeout)
	defer cancel()
	end, _ := ctx.Deadline()
	s.drain.ends.Store(end.UnixMilli())
	s.rechecks.end()
	if s.drain.drained != nil {
		return s.handOver(ctx, g, h)
	}
	s.log.Info("draining", slog.Int("connections", s.conns.size()),
		slog.Duration("wait", s.cfg().DrainWait), slog.Duration("spread", s.drainSpread()))
	pause(ctx, s.cfg().DrainWait)
	s.beforeDrain(ctx)
	s.shuttingDown.Store(true)
	if s.cfg().SocketKept {
		_ = g.Close()
	}
	s.drain.closing.Store(!s.cfg().SocketKept)
	s.closeHeldBack()
	s.holds.Stop()
	s.closeSpread(ctx)
	_ = g.Close()
	err := s.engine.Drain(ctx)
	if s.cfg().SocketKept {
		s.endHandshakes(ctx, g)
	}
	s.programs.end(ctx, h)
	s.endConnections(ctx)
	return err
}

// handOver is shutdown for HandOver.
func (s *Server) handOver(ctx context.Context, g *limit.Listener, h *http.Server) error {
	s.log.Info("handing over", slog.Int("connections", s.conns.size()))
	_ = g.Close()
	s.beforeDrain(ctx)
	s.shuttingDown.Store(true)
	s.closeHeldBack()
	s.holds.Stop()
	s.relays.end()
	err := s.engine.HandOver(ctx)
	s.drain.drained(err)
	s.endHandshakes(ctx, g)
	s.programs.end(ctx, h)
	s.endConnections(ctx)
	return err
}

// beforeDrain calls Config.BeforeDrain, and leaves half of the time for the rest.
func (s *Server) beforeDrain(ctx context.Context) {
	if s.cfg().BeforeDrain == nil {
		return
	}
	end, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(end)/2)
	defer cancel()
	s.cfg().BeforeDrain(ctx)
}

// endHandshakes waits, for Config.CloseTimeout at most, until all connections that were accepted
// have sent their request and been answered, so that none is reset for having come late.
// http.Server.Shutdown would not answer requests that come after it was called.
func (s *Server) endHandshakes(ctx context.Context, g *limit.Listener) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg().CloseTimeout)
	defer cancel()
	g.Wait(ctx)
}

// endConnections ends all connections that are left, and what serves them.
func (s *Server) endConnections(ctx context.Context) {
	s.relays.end()
	s.dialer.Close()
	s.conns.end(ctx, errRestarting)
	s.samples.Stop()
	go s.endPollers()
}

const (
	// drainPace is Config.DrainSpread for each connection by default, so that a server with few
	// clients ends at once.
	drainPace = time.Millisecond
	// maxDrainSpread is the longest Config.DrainSpread by default.
	maxDrainSpread = 3 * time.Second
)

// drainSpread returns the time over which the closes of the present connections are spread.
func (s *Server) drainSpread() time.Duration {
	switch {
	case s.cfg().DrainSpread != 0:
		return max(0, s.cfg().DrainSpread)
	case s.cfg().SocketKept:
		return 0
	}
	n := s.conns.size() + s.relays.size()
	return min(time.Duration(n)*drainPace, maxDrainSpread)
}

// closeSpread closes all connections, evenly over drainSpread, until none is left or ctx is done.
func (s *Server) closeSpread(ctx context.Context) {
	spread := s.drainSpread()
	if spread == 0 {
		return // the engine closes them, after their last messages
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	empty := s.conns.whenEmpty()
	go func() {
		select {
		case <-empty:
			cancel()
		case <-ctx.Done():
		}
	}()
	began, all := time.Now(), s.closings()
	for i, end := range all {
		due := spread / time.Duration(len(all)) * time.Duration(i)
		if !pause(ctx, due-time.Since(began)) {
			return
		}
		end()
	}
}

// closings returns functions that close all connections, first those that were handed on.
func (s *Server) closings() (all []func()) {
	for _, r := range s.relays.list() {
		all = append(all, func() { s.relays.abort(r) })
	}
	for _, c := range s.conns.all() {
		all = append(all, func() { c.closeAfterMessages(errRestarting) })
	}
	return all
}

// pause waits for d, and returns false if ctx is done before.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// all returns all connections. Those that follow each other are in different slots.
func (r *registry) all() (all []*conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, slot := range r.slots {
		for c := range slot {
			all = append(all, c)
		}
	}
	return all
}

// whenEmpty returns a channel that is closed when there is no connection. It is called once.
func (r *registry) whenEmpty() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	empty := make(chan struct{})
	if r.count == 0 {
		close(empty)
	} else {
		r.empty = empty
	}
	return empty
}

// end admits no more connections, closes all that are left, and waits until they have ended. Those
// that are still there when ctx is done are aborted.
func (r *registry) end(ctx context.Context, why *engine.CloseError) {
	r.mu.Lock()
	r.ended = make(chan struct{})
	if r.count == 0 {
		close(r.ended)
	}
	r.mu.Unlock()
	for slot := range sweepSlots {
		r.each(slot, func(c *conn) { c.Close(why) })
	}
	select {
	case <-r.ended:
	case <-ctx.Done():
		for slot := range sweepSlots {
			r.each(slot, (*conn).abort)
		}
	}
}

// closeHeldBack closes all connections whose close is held back. From now on no close is held back.
func (s *Server) closeHeldBack() {
	s.repeats.Stop()
	for slot := range sweepSlots {
		s.conns.each(slot, func(c *conn) {
			if c.heldBack.Load() != nil {
				c.closeHeld()
			}
		})
	}
}

// endPollers closes the pollers when the last connection has ended.
func (s *Server) endPollers() {
	<-s.conns.ended
	s.pollers.Close()
}
