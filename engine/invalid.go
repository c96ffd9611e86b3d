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

// answer sends the peer what is wrong with its message, if anything is. Its error is a *CloseError.
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

// badUpdate says that what is malformed is an update, not the message around it.
type badUpdate struct{ error }

func (e *badUpdate) Unwrap() error { return e.error }

// malformedCost is as how many messages a malformed one counts against the rate of its connection.
const malformedCost = 10

// refuse logs and counts a malformed message, charges it to the connection and answers the peer.
// For an update that could not be read it returns a *CloseError; of a peer that is to be closed for
// one no more is logged.
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
	p.conn.Charge(malformedCost - 1) // one has been
	p.sendNotice(protocol.Message{
		Kind: protocol.Failure, Code: protocol.CodeInvalidMessage, Text: text,
	})
	return nil
}

// closeBadUpdate says why the connection of a peer is closed whose update could not be read. That
// is for its user to see it: the client takes the update for delivered, and nothing that it writes
// after it can be merged.
func (r *room) closeBadUpdate(p *Peer, text string, err error) *CloseError {
	r.e.metrics.denied(errInvalidUpdate)
	r.runLocked(func() { r.refuseInvalid(p) })
	return &CloseError{Code: CloseInvalidUpdate, Reason: text, Err: err}
}

// requestLost asks a peer of which a message was dropped that could not be read for what it has, as
// there may have been updates in it. Native protocols tell their clients of each, which then know
// that it is not acknowledged.
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
