package engine

import (
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// class says what becomes of a parcel that does not fit into a queue.
type class uint8

const (
	notice   class = iota // small and rare: always kept
	fleeting              // awareness: dropped, all of it is sent anew later
	batch                 // a flushed update: dropped, one diff replaces it and those after it
	answer                // from the document, one at a time: always kept
)

// parcel is a message finished for one protocol. It is shared by every queue
// that it is in and never changes.
type parcel struct {
	class  class
	wire   []byte  // whole WebSocket frames
	update []byte  // of a batch, or the first part of a document: the update inside
	first  *parcel // of a further part of a document: the first one, which is kept for as long as this waits
}

// seal encodes m for protocol p. A batch keeps m's body, others borrow it. Where
// the protocol has no form for m there is no parcel.
func seal(c class, p protocol.Protocol, m protocol.Message) *parcel {
	const framing = 16 // what y-websocket puts before a body, at most
	buf := p.Append(make([]byte, websocket.MaxHeader, websocket.MaxHeader+framing+len(m.Body)), m)
	if len(buf) == websocket.MaxHeader {
		return nil
	}
	sealed := &parcel{class: c, wire: websocket.WrapMessage(buf, p.Text())}
	if c == batch {
		sealed.update = m.Body
	}
	return sealed
}

func (p *parcel) droppable() bool { return p.class == batch || p.class == fleeting }

// sealed is a message finished for one of the protocols that a room's peers speak.
type sealed struct {
	proto  protocol.Protocol
	parcel *parcel
}

func sealedFor(same *[]sealed, c class, proto protocol.Protocol, m protocol.Message) *parcel {
	for _, s := range *same {
		if s.proto == proto {
			return s.parcel
		}
	}
	p := seal(c, proto, m)
	*same = append(*same, sealed{proto, p})
	return p
}
