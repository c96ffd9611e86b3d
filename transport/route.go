package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/handon"
	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/mux"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

var (
	errManyHeld = &engine.CloseError{Code: engine.CloseUnavailable,
		Reason:    "too many wait for the server of their room, try again",
		ErrorCode: protocol.CodeInternal}
)

// route serves the connection, or hands it on to the owner of its room, or makes it wait until one
// of these is possible.
func (o *opening) route() {
	s := o.server
	switch {
	case o.from != nil:
		if o.from.Room != o.request.room.String() {
			o.request.err = errMoved
		}
		o.serve()
	case s.holds.Waits(o.request.room.String()) || !o.Try():
		o.hold()
	}
}

// Try implements hold.Waiter: it serves the connection or hands it on, if that is possible.
func (o *opening) Try() (over bool) {
	s := o.server
	if o.left.Load() {
		o.leave()
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), ownerTimeout)
	defer cancel()
	peer, err := o.owner(ctx)
	switch {
	case err != nil:
		s.logNoOwner(err)
		return false
	case peer == "":
		o.waited(heldServed)
		o.serve()
		return true
	}
	return o.handOn(peer)
}

// handOn hands the connection on to the node with an address. It fails if the node does not take it
// over; nothing has happened to the connection then.
func (o *opening) handOn(peer string) bool {
	s := o.server
	began := time.Now()
	peers := s.cfg().Peers
	peers.AtTicks = s.pollers.AtTicks
	to, err := s.dialer.Dial(context.Background(), &peers, peer, o.preamble())
	if err != nil {
		s.handOnFailed(o, peer, err)
		return false
	}
	_ = to.SetDeadline(time.Now().Add(s.cfg().HandshakeTimeout))
	if _, err := to.Write(o.bytes()); err != nil {
		_ = to.Close()
		s.handOnFailed(o, peer, err)
		return false
	}
	_ = to.SetDeadline(time.Time{})
	s.counters.handOn.UpdateDuration(began)
	o.relay(to, peer)
	return true
}

// preamble describes the connection to another node.
func (o *opening) preamble() handon.Preamble {
	remote, _ := netip.ParseAddrPort(o.header.RemoteAddr)
	return handon.Preamble{
		Room: o.request.room.String(), Remote: remote, Client: o.ip,
		Secure: o.server.secure(o.header),
	}
}

// relay passes the bytes of the connection to another node and back from now on.
func (o *opening) relay(to *mux.Stream, peer string) {
	s := o.server
	o.waited(heldHandedOn)
	if o.slot != nil {
		s.connLimits.Release(*o.slot)
		o.slot = nil
	}
	slot, err := s.connLimits.Take(netip.Addr{})
	now := s.now()
	r := &relay{
		peer: peer, client: o.ip, remote: o.remote, room: o.request.room, slot: slot, began: now,
	}
	r.id = s.lastConn.Add(1)
	r.toNode.changed, r.toClient.changed = now, now
	if err != nil || !s.relays.add(r) {
		s.connLimits.Release(slot)
		_ = to.Close()
		o.refuse()
		return
	}
	s.conns.release()
	s.counters.handedOn.Inc()
	s.relays.begin(r, s.pollers.Relay(o.tcp, to, func(p *netpoll.Relay) {
		s.endRelay(r, p)
	}))
}

// hold makes the connection wait. It occupies no slot for handshakes, and its client may leave.
func (o *opening) hold() {
	s := o.server
	o.until = time.Now().Add(s.cfg().HoldTimeout)
	if o.request.err = o.takeSlot(); o.request.err != nil {
		o.serve()
		return
	}
	o.stop = s.pollers.WatchHangup(o.tcp, o.hungUp)
	if !s.holds.Add(o.request.room.String(), o, o.until, s.cfg().HeldConnections) {
		s.samples.Log(limit.SampleKey{Message: "too many connections wait for the owner of their room"},
			limit.Event{Level: slog.LevelWarn})
		o.waited(heldFull)
		o.request.err = errManyHeld
		o.serve()
		return
	}
	if o.left.Load() { // before it was added
		o.hungUp()
	}
}

// hungUp is called when the client has closed the connection.
func (o *opening) hungUp() {
	o.left.Store(true)
	if o.server.holds.Remove(o.request.room.String(), o) {
		o.leave()
	}
}

// leave ends the wait of a client that has closed the connection.
func (o *opening) leave() {
	o.waited(heldLeft)
	_ = o.tcp.Close()
	o.release()
}

// Expired implements hold.Waiter.
func (o *opening) Expired() {
	o.waited(heldTimeout)
	o.request.err = errNoOwner
	o.serve()
}

// Stopped implements hold.Waiter.
func (o *opening) Stopped() {
	o.waited(heldDraining)
	o.refuse()
}

// waited ends a wait, if there was one, and counts how it has ended.
func (o *opening) waited(end heldEnd) {
	if o.stop != nil {
		o.stop()
		o.server.counters.heldEnds[end].Inc()
	}
}

// logNoOwner logs that the owner of a room is not known, at most once a minute.
func (s *Server) logNoOwner(err error) {
	s.samples.Log(limit.SampleKey{Message: "connections wait for the owner of their room"},
		limit.Event{Level: slog.LevelInfo, Attrs: []slog.Attr{slog.String("reason", err.Error())}})
}

// handOnFailed counts and logs that the node with an address does not take a connection over.
func (s *Server) handOnFailed(o *opening, peer string, err error) {
	var refused *handon.RefusedError
	if errors.As(err, &refused) {
		s.counters.handOnFailed(refused.Answer.String())
	} else {
		s.counters.handOnFailed(unreachable)
		s.cfg().Owners.Unreachable(o.request.room.String(), peer)
	}
	level := slog.LevelInfo
	if refused != nil && refused.Answer != handon.NotOwner && refused.Answer != handon.NotReady {
		level = slog.LevelWarn
	}
	s.samples.Log(limit.SampleKey{Message: "connections cannot be handed on", Client: peer},
		limit.Event{Level: level, Attrs: []slog.Attr{
			slog.String("node", peer), slog.String("reason", err.Error()),
		}})
}
