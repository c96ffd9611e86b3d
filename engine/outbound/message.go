package outbound

import (
	"runtime"
	"sync"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// Class says how a message is treated that does not fit into a queue.
type Class uint8

const (
	Notice    Class = iota // small and rare: always kept
	Presence               // dropped; all states are sent later instead
	Update                 // dropped; one difference replaces this and all later updates
	Answer                 // made of the document, one at a time: always kept
	Transient              // dropped, and replaced by nothing
)

// Message is a message encoded for one protocol. Several queues may share it, and it never changes.
type Message struct {
	Class  Class
	label  Label
	Wire   []byte   // whole WebSocket frames
	Update []byte   // the update inside an Update, or inside the first part of a document
	first  *Message // of a later part of a document: its first part, which is kept alive by this

	deflated *deflated // nil if Wire is too short to be compressed
}

// deflated is the compressed form of a message, made for the first connection that takes it.
type deflated struct {
	once sync.Once
	wire []byte // whole WebSocket frames
}

// Deflated returns Wire compressed, or as it is if it would not become shorter. It may be called
// from any goroutine, and takes about a millisecond for each 100 KB the first time.
func (m *Message) Deflated() []byte {
	if m.deflated == nil {
		return m.Wire
	}
	m.deflated.once.Do(func() {
		if m.isMuch() {
			compressing <- struct{}{}
			defer func() { <-compressing }()
		}
		m.deflated.wire = websocket.Deflate(m.Wire)
	})
	return m.deflated.wire
}

// muchDeflated is the length in bytes of messages from which on other connections must not wait
// until they are compressed.
const muchDeflated = 64 << 10

func (m *Message) isMuch() bool { return len(m.Wire) > muchDeflated }

// compressing holds a value for each long message that is being compressed. Further ones wait, as
// each has a compressor of about a megabyte, and there are no more processors for them.
var compressing = make(chan struct{}, runtime.GOMAXPROCS(0))

// Encode encodes m for protocol p. An Update keeps m's body, others borrow it. The result is nil if
// the protocol has no form for m.
func Encode(c Class, p protocol.Protocol, m protocol.Message) *Message {
	const framing = 16 // length of the longest part of a y-websocket message before its body
	buf := p.Append(make([]byte, websocket.MaxHeader, websocket.MaxHeader+framing+len(m.Body)), m)
	if len(buf) == websocket.MaxHeader {
		return nil
	}
	encoded := &Message{
		Class: c, label: labelOf(p, m.Kind), Wire: websocket.WrapMessage(buf, p.Text()),
	}
	if c == Update {
		encoded.Update = m.Body
	}
	if len(encoded.Wire) >= websocket.MinDeflate {
		encoded.deflated = new(deflated)
	}
	return encoded
}

// Label says what a message is, for metrics.
type Label struct {
	Protocol uint8 // protocol.Number
	Kind     protocol.Kind
}

func labelOf(p protocol.Protocol, k protocol.Kind) Label {
	return Label{uint8(protocol.Number(p)), k}
}

// droppable reports whether m need not be sent if it does not fit.
func (m *Message) droppable() bool {
	return m.Class == Update || m.Class == Presence || m.Class == Transient
}

// PerProtocol has one thing encoded for each protocol that a room's peers speak, as one Message or
// several. The zero value is empty.
type PerProtocol[T any] struct {
	made [4]struct {
		proto protocol.Protocol
		value T
	}
	n int
}

// For returns the encoded form for p. It calls encode the first time.
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
