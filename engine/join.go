package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Join adds a peer to a room and starts its session. It opens the room if need be, with one load
// from the store for all joins at that time. It blocks while the room loads, and while a new room
// gets its record's text. ctx bounds that wait, not the load: a peer that has waited until the room
// is ready joins, even if ctx's deadline has passed meanwhile. The caller passes what it reads from
// the connection to Peer.Deliver, and calls Peer.Leave when the connection has closed.
//
// Its error is ctx's or a *CloseError. That of a room that another node has wraps the store's,
// which may name that node.
func (e *Engine) Join(
	ctx context.Context, key roomkey.Key, c Conn, p protocol.Protocol, identity Identity,
) (*Peer, error) {
	for {
		peer, err := e.tryJoin(ctx, key, c, p, identity)
		if peer != nil || err != nil {
			return peer, err
		}
	}
}

// tryJoin is one attempt of Join. It returns neither a peer nor an error when the room has ended
// while it waited, as after a crash.
func (e *Engine) tryJoin(
	ctx context.Context, key roomkey.Key, c Conn, p protocol.Protocol, identity Identity,
) (*Peer, error) {
	if err := e.KeptOut(identity.ID, key); err != nil {
		return nil, err
	}
	r, err := e.open(ctx, key)
	if err != nil {
		return nil, err
	}
	if waited, err := r.awaitEviction(ctx); waited {
		return nil, err
	}
	if err = r.beginRecord(ctx, &identity); err == nil && context.Cause(ctx) == context.Canceled {
		err = ctx.Err() // the client has gone
	}
	if err == nil {
		err = r.showPublished(ctx, &identity)
	}
	var peer *Peer
	if err == nil {
		peer, err = r.join(c, p, identity)
	}
	if peer == nil {
		r.release()
	}
	return peer, err
}

// open returns a loaded room, which stays loaded until the caller joins or releases it.
func (e *Engine) open(ctx context.Context, key roomkey.Key) (*room, error) {
	if e.refuseRooms.Load() && e.roomMap.find(key) == nil {
		e.metrics.roomsRefused.Inc()
		return nil, errNoMemory
	}
	if e.handingOver.Load() && e.roomMap.find(key) == nil {
		return nil, ErrDraining
	}
	r := e.roomMap.open(key, func() *room {
		r := newRoom(e, key)
		e.metrics.rooms.Inc()
		e.running.Go(r.load)
		return r
	})
	if r == nil {
		return nil, ErrDraining
	}
	if err := e.awaitLoad(ctx, r); err != nil {
		r.release()
		return nil, err
	}
	return r, nil
}

// awaitLoad waits until the room is loaded, and returns why it cannot be used, if so.
func (e *Engine) awaitLoad(ctx context.Context, r *room) error {
	select {
	case <-r.loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	if e.draining.Load() {
		return ErrDraining
	}
	return r.loadErr
}

// Open opens a room for a user who is about to join it. So the caller learns before Join whether
// this node has the room. Its error is that of Join. The room is loaded for Config.Grace at least.
func (e *Engine) Open(ctx context.Context, key roomkey.Key, user string) error {
	if err := e.KeptOut(user, key); err != nil {
		return err
	}
	r, err := e.open(ctx, key)
	if err == nil {
		r.release()
	}
	return err
}

// Leased reports whether a room is loaded, or is being loaded and this node has its lease.
func (e *Engine) Leased(key roomkey.Key) bool {
	r := e.roomMap.find(key)
	return r != nil && r.leased.Load()
}

// Preparing reports whether a room that is not ready yet waits only for computation, and neither
// for the store nor for Records. On a busy machine that takes longer, and it always ends.
func (e *Engine) Preparing(key roomkey.Key) bool {
	r := e.roomMap.find(key)
	return r != nil && (r.preparing.Load() || r.record.Preparing())
}

// release ends the wait of a caller of open that did not join. After the last one the room is
// stepped, as it may be unloaded now. A room that is still loading is left out: load schedules it.
func (r *room) release() {
	if r.waiters.Add(-1) == 0 && r.filled.Load() {
		r.scheduleAt(time.Now())
	}
}

// join adds a peer, which was one of the waiters, and starts its session. It returns nil if the
// room is gone.
func (r *room) join(c Conn, proto protocol.Protocol, identity Identity) (*Peer, error) {
	r.lockTimed()
	defer r.mu.Unlock()
	if r.e.draining.Load() {
		return nil, ErrDraining
	}
	if r.state == stateGone || r.eviction.Load() != nil {
		return nil, nil
	}
	if err := r.e.KeptOut(identity.ID, r.key); err != nil { // since tryJoin has looked
		return nil, err
	}
	if err := r.admitRestricted(&identity); err != nil {
		return nil, err
	}
	if err := r.checkLimits(); err != nil {
		return nil, err
	}
	if err := r.decompress(); err != nil {
		r.e.log.Error("room cannot be decompressed", slog.String("room", r.name), reason(err))
		r.e.occupied.Add(-1)
		r.abandonLocked()
		return nil, &CloseError{Code: CloseInternal, Reason: "room cannot be loaded", Err: err}
	}
	p := &Peer{
		id: r.e.lastPeer.Add(1), room: r, conn: c, proto: proto, identity: identity,
		index: int32(len(r.peers)),
	}
	p.identity.Text, p.identity.PublishedOnly = nil, false // they are the room's
	if c, ok := c.(Compressor); ok {
		p.queue.Compression = c.Compresses()
	}
	r.peers = append(r.peers, p)
	r.state, r.graceEnd, r.compressed.tried = stateLive, time.Time{}, false
	r.restrict(p, identity.PublishedOnly)
	r.waiters.Add(-1) // a peer keeps the room from here on
	r.updateStats(time.Now())
	r.e.metrics.joined(proto)
	r.begin(p, identity)
	return p, nil
}

// begin starts the session of a peer that was just added. A panic there ends the room, and with it
// the peer.
func (r *room) begin(p *Peer, identity Identity) {
	var ended error
	defer r.guard(&ended)
	r.presence.Join(&p.presence, identity.user(p.id), identity.ID == "", time.Now())
	r.startSession(p)
	if len(r.peers) == 1 {
		r.lastSent = time.Now()
		r.reschedule()
	}
	r.record.SessionChanged(identity.access(), identity.Credential)
}

// checkLimits returns why no peer may be added; nil if one may. For the first peer it counts the
// room as occupied.
func (r *room) checkLimits() error {
	if len(r.peers) >= r.e.cfg().PeersPerRoom {
		r.e.metrics.roomFull.Inc()
		return errRoomFull
	}
	if len(r.peers) > 0 {
		return nil
	}
	if r.e.occupied.Add(1) > int64(r.e.cfg().Rooms) {
		r.e.occupied.Add(-1)
		r.e.metrics.maxRooms.Inc()
		return errMaxRooms
	}
	return nil
}

// startSession sends the first messages of p's protocol: a welcome to a native peer; to others
// whether they may write, the request for their state, and all awareness states.
func (r *room) startSession(p *Peer) {
	now := time.Now()
	r.presence.SetNative(&p.presence, p.proto.Native(), now)
	if p.proto.Native() {
		p.pendingAnswer().Welcome = true
		r.answerPending(p)
	} else {
		p.welcomed = true
		r.sendAccess(p)
		r.requestFirst(p, now)
		r.sendAllPresence(p, outbound.Presence)
	}
	if r.presence.HasChanges() {
		r.schedulePresence(now)
	}
}

// leave removes p and its presence. It returns false if p had left before. mu is held.
func (r *room) leave(p *Peer) bool {
	if p.left() {
		return false
	}
	last := len(r.peers) - 1
	r.peers[p.index] = r.peers[last]
	r.peers[p.index].index = p.index
	r.peers[last] = nil
	r.peers, p.index = r.peers[:last], hasLeft
	r.e.metrics.left(p.proto)
	if p.identity.PublishedOnly {
		r.restricted--
	}
	r.record.SessionEnded(p.identity.access())
	now := time.Now()
	if len(r.peers) == 0 {
		r.e.occupied.Add(-1)
		if r.emptied, r.graceEnd = now, now.Add(r.e.cfg().Grace); r.state == stateLive {
			r.state = stateIdle
		}
		if r.eviction.Load() != nil {
			r.graceEnd = now
		}
	}
	if r.presence.Leave(&p.presence, now); r.presence.HasChanges() {
		r.schedulePresence(now)
	}
	r.reschedule()
	return true
}

func newRoom(e *Engine, key roomkey.Key) *room {
	r := &room{key: key, name: key.String(), e: e, loaded: make(chan struct{})}
	r.slot.Due.Item = (*flushRoom)(r)
	r.mu.Init((*lockOwner)(r))
	r.presence.Init(e.presence.Load())
	r.locked = e.isLocked(key)
	if e.sync != nil {
		r.record = e.sync.NewRecord((*recordRoom)(r))
	}
	r.updateStats(time.Now())
	return r
}

// Leave takes the peer out of its room and drops the messages that wait for it. Others are notified
// that it has left. Leave may be called twice. It does not wait for the room's lock.
func (p *Peer) Leave() { p.leave(nil) }
