package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// answer notifies the peer of err, which says why its message was not handled; nil if it was. It
// returns a *CloseError if the peer is to be closed.
func (p *Peer) answer(err error) error {
	if err == nil {
		return nil
	}
	var closing *CloseError
	if errors.As(err, &closing) {
		return closing
	}
	return p.refuse(err)
}

// badUpdate is the error of a malformed update, as opposed to the message around it.
type badUpdate struct{ error }

func (e *badUpdate) Unwrap() error { return e.error }

// malformedCost is how many messages a malformed one counts for in the rate of its connection.
const malformedCost = 10

// refuse logs and counts a malformed message, charges it to the connection and notifies the peer.
// For an update that could not be read it returns a *CloseError; nothing is logged of the peer
// after that.
func (p *Peer) refuse(err error) error {
	offset, reason := 0, err
	var syntax *lib0.SyntaxError
	if errors.As(err, &syntax) {
		offset, reason = syntax.Offset, syntax.Err
	}
	p.room.e.metrics.refused(reason)
	if !p.closing {
		p.room.e.invalid.Log(p.room.e.log, slog.LevelWarn, "invalid message",
			slog.Uint64("peer", p.id), slog.String("room", p.room.name),
			slog.Int("offset", offset), slog.String("reason", reason.Error()))
	}
	text := fmt.Sprintf("%v at offset %d", reason, offset)
	if nested := errors.Is(err, ydoc.ErrNesting); nested || errors.As(err, new(*badUpdate)) {
		if p.closing = true; nested {
			text = reason.Error()
		}
		return p.room.closeBadUpdate(p, text, reason)
	}
	p.conn.Charge(malformedCost - 1) // it was charged as one already
	p.sendNotice(protocol.Message{
		Kind: protocol.Failure, Code: protocol.CodeInvalidMessage, Text: text,
	})
	return nil
}

// closeBadUpdate returns the reason for closing the connection of a peer whose update could not be
// read. Closing it makes its user notice: the client takes the update for delivered, and nothing
// that it writes later can be merged.
func (r *room) closeBadUpdate(p *Peer, text string, err error) *CloseError {
	r.e.metrics.denied(errInvalidUpdate)
	r.runLocked(func() { r.refuseInvalid(p) })
	return &CloseError{Code: CloseInvalidUpdate, Reason: text, Err: err}
}

// requestLost requests the state of a peer of which a message was dropped that could not be read,
// as there may have been updates in it. It is not for native peers: their clients are notified of
// each such message, and know which of their updates are not acknowledged.
func (r *room) requestLost(p *Peer) {
	if p.proto.Native() {
		return
	}
	r.runLocked(func() {
		if !r.discards(p) {
			r.requestAgain(p, time.Now())
		}
	})
}
