package engine

import (
	"bytes"
	"cmp"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/awareness"
)

// decodeState is the scratch space for decoding one payload. It is pooled, so idle peers hold none.
type decodeState struct {
	message protocol.Message
	have    yjs.StateVector
	mayWait bool // for the room's lock
}

var decodeStates = sync.Pool{New: func() any { return new(decodeState) }}

// end clears h and returns it to the pool.
func (h *decodeState) end() {
	h.message, h.have, h.mayWait = protocol.Message{}, small(h.have), false
	decodeStates.Put(h)
}

// small returns v emptied; nil if it has grown large, so that its memory is freed.
func small(v yjs.StateVector) yjs.StateVector {
	if cap(v) > 64 {
		return nil
	}
	return v[:0]
}

// Deliver handles one payload, which it borrows. It is called by one goroutine at a time. It may
// wait for the room's lock, and works out rebases. A malformed message is logged, counted, charged
// to the connection (Conn.Charge) and otherwise ignored; one that this version does not know is
// counted. When the engine refuses the peer for another reason, the error is a *CloseError and the
// connection is to be closed with it. A peer that writes and may not is notified and stays.
func (p *Peer) Deliver(payload []byte) error {
	_, err := p.deliver(payload, true)
	return err
}

// TryDeliver is Deliver for a caller that has other connections to read: it neither waits for the
// room's lock nor works out a rebase. It returns the messages that it could not handle, nil if it
// handled all. They borrow the payload, and are to be passed to DeliverRest.
func (p *Peer) TryDeliver(payload []byte) (left *Undelivered, err error) {
	return p.deliver(payload, false)
}

func (p *Peer) deliver(payload []byte, mayWait bool) (left *Undelivered, err error) {
	defer p.room.guard(&err)
	h := decodeStates.Get().(*decodeState)
	defer h.end()
	h.mayWait = mayWait
	return p.deliverFrom(0, payload, h)
}

// deliverFrom handles the rest of a payload, from its message number n on.
func (p *Peer) deliverFrom(n int, payload []byte, h *decodeState) (left *Undelivered, err error) {
	for ; n == 0 || len(payload) > 0; n++ {
		rest, err := p.proto.Next(payload, &h.message)
		if n == maxMessages {
			err = ErrMessages
		}
		if err != nil {
			p.room.requestLost(p)
			return nil, p.refuse(err)
		}
		if err = p.handle(h); err == errHeld {
			return &Undelivered{h.message, rest, n}, nil
		}
		if err = p.answer(err); err != nil {
			return nil, err
		}
		payload = rest
	}
	return nil, nil
}

// maxMessages is how many messages a payload may hold. A payload is charged to its connection as
// one message. A request may be one byte long, and answering it is some thousand times as much work
// as reading it.
const maxMessages = 4096

// runLocked calls f with the room's lock held, or returns errHeld.
func (h *decodeState) runLocked(r *room, f func()) error {
	switch {
	case r.mu.TryRun(f):
	case h.mayWait:
		r.lockTimed()
		defer r.mu.Unlock()
		f()
	default:
		return errHeld
	}
	return nil
}

// handle checks a message, before taking the room's lock, and passes it to the room.
func (p *Peer) handle(h *decodeState) (err error) {
	m, r := &h.message, p.room
	switch m.Kind {
	case protocol.Update, protocol.SyncReply:
		err = p.update(h)
	case protocol.SyncRequest:
		err = p.syncRequest(h)
	case protocol.Awareness:
		err = p.awareness(h)
	case protocol.AwarenessRequest, protocol.Joined:
		err = h.runLocked(r, func() { r.receiveAwarenessRequest(p) })
	case protocol.Cursor:
		err = p.cursor(h, m.Body)
	case protocol.Left:
		err = p.cursor(h, nil)
	case protocol.Signal:
		err = p.signal(h)
	case protocol.Stateless:
		err = p.stateless(h)
	case protocol.Auth:
		p.conn.Renew(m.Body)
	case protocol.Kick, protocol.Lock, protocol.Unlock, protocol.Notice:
		err = p.control(h)
	case protocol.Ping:
		p.sendNotice(protocol.Message{Kind: protocol.Pong, Time: time.Now().UnixMilli()})
	default: // messages that this version does not know are ignored
	}
	if err != errHeld {
		p.received.Add(1)
		r.e.metrics.received(p.proto, m.Kind)
	}
	return err
}

func (p *Peer) syncRequest(h *decodeState) (err error) {
	if h.have, err = yjs.ParseStateVector(h.have, h.message.Body); err != nil {
		return err
	}
	held := h.runLocked(p.room, func() { err = p.room.receiveSyncRequest(p, h.have) })
	return cmp.Or(held, err)
}

func (p *Peer) awareness(h *decodeState) error {
	a, err := awareness.Check(h.message.Body)
	if err != nil {
		return err
	}
	return p.updatePresence(h, func() error { return p.room.receiveAwareness(p, a) })
}

// cursor handles a cursor: JSON that the protocol has checked; nil for none.
func (p *Peer) cursor(h *decodeState, cursor []byte) error {
	return p.updatePresence(h, func() error { return p.room.setCursor(p, cursor) })
}

func (p *Peer) signal(h *decodeState) error {
	m := &h.message
	return p.updatePresence(h, func() error { return p.room.signal(p, m.Text, m.Body) })
}

// updatePresence calls f with the room's lock held. f returns an error if the presence that the
// peer sent is too large. The peer is notified of the first one only, as it may send that with
// every move of its caret.
func (p *Peer) updatePresence(h *decodeState, f func() error) error {
	var denied error
	if err := h.runLocked(p.room, func() { denied = f() }); err != nil {
		return err
	}
	if denied != nil && !p.warned {
		p.warned = true
		p.publishLimit("presence", ErrPresenceSize.Reason)
		p.sendNotice(protocol.Message{
			Kind: protocol.Failure, Code: ErrPresenceSize.Code, Text: ErrPresenceSize.Reason,
		})
	}
	return nil
}

func (p *Peer) update(h *decodeState) (err error) {
	m := &h.message
	u, err := yjs.CheckUpdate(m.Body)
	if err != nil {
		return &badUpdate{err}
	}
	e := entry{p, u, m.Version, m.Kind == protocol.SyncReply, nil}
	held := h.runLocked(p.room, func() { err = p.room.merge(e) })
	switch {
	case held != nil:
		return held
	case err != errRebase:
		return err
	case h.mayWait:
		return p.room.mergeRebased(e)
	}
	return errHeld
}

// Undelivered is the part of a payload that TryDeliver left: a message that waits for the room's
// lock, and the messages after it. The message is kept as it was decoded, as decoding it may have
// overwritten the payload.
type Undelivered struct {
	message protocol.Message
	rest    []byte // of the payload
	number  int    // of the message, in the payload
}

// Own copies everything that u borrows, for a caller whose payload is lent.
func (u *Undelivered) Own() {
	u.message.Body, u.rest = bytes.Clone(u.message.Body), bytes.Clone(u.rest)
}

// DeliverRest is Deliver for the messages that TryDeliver left. It must be called once for them,
// before anything that the peer sent later is delivered.
func (p *Peer) DeliverRest(u *Undelivered) (err error) {
	defer p.room.guard(&err)
	h := decodeStates.Get().(*decodeState)
	defer h.end()
	h.mayWait, h.message = true, u.message
	if err := p.answer(p.handle(h)); err != nil {
		return err
	}
	_, err = p.deliverFrom(u.number+1, u.rest, h)
	return err
}
