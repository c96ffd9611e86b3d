package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Peer is one connection in a room.
type Peer struct {
	id    uint64 // in the log; never used again
	room  *room
	conn  Conn
	proto codec.Protocol
	who   Identity // ReadOnly and Credential are guarded by room.mu, the rest never changes; Text is the room's
	// person is the user that it is, guarded by room.mu.
	person *participant

	// Deliver's, which runs on the connection's read goroutine.
	message codec.Message
	have    codec.StateVector
	invalid []time.Time // of malformed messages within the last minute
	denied  []*Denial   // what it was told, if its protocol has no errors

	// Guarded by room.mu.
	index    int       // in room.peers, hasLeft after Leave
	owned    []uint64  // awareness client ids
	asked    time.Time // when it was last sent our state vector
	askAgain bool      // something is missing; it is asked at room.reminder
	searched time.Time // when it was asked for all it has; zero when that has come
	debt     debt
	welcomed bool   // it has been told of the room, and is told what happens there
	turn     uint64 // of room.people when it was welcomed
	unacked  uint64 // updates that it has not been told are durable

	queue queue // has a lock of its own
}

const hasLeft = -1

// left is called with room.mu held.
func (p *Peer) left() bool { return p.index == hasLeft }

// Deliver handles one payload, which it borrows, on the connection's read
// goroutine. A malformed message is logged, counted and otherwise ignored; when
// there are too many, or the engine refuses the peer for another reason, the
// error is a *CloseError and the connection is to be closed with it. A peer that
// writes and may not is told so and stays.
func (p *Peer) Deliver(payload []byte) (err error) {
	defer p.room.guard(&err)
	for more := true; more; more = len(payload) > 0 {
		rest, err := p.proto.Next(payload, &p.message)
		if err != nil {
			return p.refuse(err)
		}
		if err := p.handle(&p.message); err != nil {
			if err = p.answer(err); err != nil {
				return err
			}
		}
		payload = rest
	}
	return nil
}

// answer tells the peer what is wrong with its message. Its error is a *CloseError.
func (p *Peer) answer(err error) error {
	var denial *Denial
	var closing *CloseError
	switch {
	case errors.As(err, &denial):
		p.deny(denial)
		return nil
	case errors.As(err, &closing):
		return closing
	}
	return p.refuse(err)
}

// handle checks a message, before the room's lock, and gives it to the room.
func (p *Peer) handle(m *codec.Message) (err error) {
	p.room.e.metrics.received(m.Kind)
	switch m.Kind {
	case codec.Update, codec.SyncReply:
		err = p.update(m)
	case codec.SyncRequest:
		if p.have, err = codec.ParseStateVector(p.have, m.Body); err == nil {
			p.room.answer(p, p.have)
		}
		p.have = small(p.have)
	case codec.Awareness:
		var a codec.CheckedAwareness
		if a, err = checkAwareness(m.Body, p.room.e.cfg.AwarenessBytes); err == nil {
			p.room.hear(p, a)
		}
	case codec.AwarenessRequest, codec.Joined:
		p.room.introduceTo(p)
	case codec.Cursor:
		err = p.room.point(p, m.Body)
	case codec.Left:
		err = p.room.point(p, noCursor)
	case codec.Auth:
		p.conn.Renew(m.Body)
	case codec.Ping:
		p.room.tell(p, codec.Message{Kind: codec.Pong, Time: time.Now().UnixMilli()})
	default:
		err = ErrUnexpected
	}
	return err
}

func (p *Peer) update(m *codec.Message) error {
	if len(m.Body) > p.room.e.cfg.UpdateBytes {
		return ErrUpdateTooLarge
	}
	u, err := codec.CheckUpdate(m.Body)
	if err != nil {
		return &badUpdate{err}
	}
	return p.room.merge(p, u, m.Version)
}

// badUpdate says that what is malformed is an update, not the message around it.
type badUpdate struct{ error }

func (e *badUpdate) Unwrap() error { return e.error }

// refuse logs and counts a malformed message, tells the peer, and returns a
// *CloseError once there were too many.
func (p *Peer) refuse(err error) error {
	offset, reason := 0, err
	var syntax *codec.SyntaxError
	if errors.As(err, &syntax) {
		offset, reason = syntax.Offset, syntax.Err
	}
	p.room.e.metrics.refused(reason)
	p.room.e.log.Warn("invalid message", slog.Uint64("peer", p.id), slog.String("room", p.room.name),
		slog.Int("offset", offset), slog.String("reason", reason.Error()))
	code, now := codec.CodeInvalidMessage, time.Now()
	if errors.As(err, new(*badUpdate)) || errors.Is(err, ydoc.ErrNesting) {
		code = codec.CodeInvalidUpdate
	} else if errors.Is(err, ErrAwarenessState) {
		code = codec.CodeMessageTooLarge
	}
	p.room.tell(p, codec.Message{Kind: codec.Failure, Code: code, Text: fmt.Sprintf("%v at offset %d", reason, offset)})
	for len(p.invalid) > 0 && now.Sub(p.invalid[0]) >= time.Minute {
		p.invalid = p.invalid[1:]
	}
	p.invalid = append(p.invalid, now)
	if len(p.invalid) < p.room.e.cfg.InvalidMessages {
		return nil
	}
	return &CloseError{Code: CloseInvalidMessages, Reason: "too many invalid messages", Err: err}
}

// Leave takes the peer out of its room, and others are told that it has gone.
// What waits to be written to it is dropped. Leaving twice is leaving once.
func (p *Peer) Leave() { p.leave() }

func (p *Peer) leave() bool {
	p.queue.end(nil, true)
	if !p.room.leave(p) {
		return false
	}
	p.log("left")
	return true
}

func (p *Peer) log(event string) {
	p.room.e.log.Info(event, slog.Uint64("peer", p.id), slog.String("room", p.room.name), slog.String("user", p.who.ID))
}

// close writes what waits, then closes the connection.
func (p *Peer) close(why *CloseError) {
	if p.queue.end(why, false) {
		p.room.e.writers.add(p)
	}
}

// send queues a parcel, if there is one; room.mu is held. What does not fit becomes a debt.
func (p *Peer) send(parcel *parcel) {
	if parcel == nil || p.debt.covers(parcel) {
		return
	}
	start, fits, lost := p.queue.put(parcel)
	if start {
		p.room.e.writers.add(p)
	}
	if fits {
		return
	}
	p.room.e.metrics.overflows.Inc()
	for _, l := range lost {
		p.debt.lose(l)
	}
	p.debt.lose(parcel)
}

// write writes until nothing is left to. It calls waits before it has to wait.
func (p *Peer) write(waits func()) {
	for {
		frames, notify, closing := p.queue.take()
		if len(frames) > 0 {
			if err := p.conn.Write(frames, waits); err != nil {
				p.fail(err)
				return
			}
			p.room.e.metrics.sent(frames)
			continue
		}
		if closing != nil {
			p.conn.Close(closing)
		} else if notify {
			p.room.written(p)
		}
		return
	}
}

var unwritable = &CloseError{Code: CloseInternal, Reason: "cannot be written to"}

// fail ends a peer that cannot be written to.
func (p *Peer) fail(err error) {
	if p.leave() {
		p.room.e.log.Info("connection lost", slog.Uint64("peer", p.id), slog.String("room", p.room.name),
			slog.String("reason", err.Error()))
	}
	p.conn.Close(unwritable)
}
