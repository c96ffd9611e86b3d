package outbound

import (
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// Class says what becomes of a message that does not fit into a queue.
type Class uint8

const (
	Notice   Class = iota // small and rare: always kept
	Presence              // dropped; all states are sent later instead
	Update                // a flushed update: dropped; one difference replaces it and those after it
	Answer                // made of the document, one at a time: always kept
)

// Message is a message encoded for one protocol. All queues that it is in share it, and it
// never changes.
type Message struct {
	Class  Class
	Wire   []byte   // whole WebSocket frames
	Update []byte   // of an Update, or the first part of a document: the update inside
	first  *Message // of a later part of a document: the first, which this keeps alive
}

// Encode encodes m for protocol p. An Update keeps m's body, others borrow it. Where the
// protocol has no form for m the result is nil.
func Encode(c Class, p protocol.Protocol, m protocol.Message) *Message {
	const framing = 16 // what y-websocket puts before a body, at most
	buf := p.Append(make([]byte, websocket.MaxHeader, websocket.MaxHeader+framing+len(m.Body)), m)
	if len(buf) == websocket.MaxHeader {
		return nil
	}
	encoded := &Message{Class: c, Wire: websocket.WrapMessage(buf, p.Text())}
	if c == Update {
		encoded.Update = m.Body
	}
	return encoded
}

// droppable reports whether something that is sent later can replace m.
func (m *Message) droppable() bool { return m.Class == Update || m.Class == Presence }

// PerProtocol has what was encoded of one thing for each protocol that a room's peers speak:
// a Message, or several. The zero value is empty.
type PerProtocol[T any] struct {
	made [4]struct {
		proto protocol.Protocol
		value T
	}
	n int
}

// For returns what encode has made for p, calling it the first time.
func (s *PerProtocol[T]) For(p protocol.Protocol, encode func() T) T {
	for i := range s.n {
		if s.made[i].proto == p {
			return s.made[i].value
		}
	}
	value := encode()
	if s.n < len(s.made) {
		s.made[s.n].proto, s.made[s.n].value = p, value
		s.n++
	}
	return value
}
