package engine

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// Undelivered is what TryDeliver left of a payload: a message that waits for the room's lock,
// and what follows it. The message stays decoded, as decoding it may have overwritten it.
type Undelivered struct {
	message protocol.Message
	rest    []byte // of the payload
	number  int    // of the message, in the payload
}

// Own has u in memory of its own, for a caller whose payload is lent.
func (u *Undelivered) Own() {
	u.message.Body, u.rest = bytes.Clone(u.message.Body), bytes.Clone(u.rest)
}

// DeliverRest is Deliver for what TryDeliver has left, which is to be given to it once, before
// anything else that the peer says.
func (p *Peer) DeliverRest(u *Undelivered) (err error) {
	defer p.room.guard(&err)
	h := decodeStates.Get().(*decodeState)
	defer h.end()
	h.waits, h.message = true, u.message
	if err := p.answer(p.handle(h)); err != nil {
		return err
	}
	_, err = p.deliverFrom(u.number+1, u.rest, h)
	return err
}
