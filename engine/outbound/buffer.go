package outbound

import (
	"sync"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// Pooled is a message whose body is in a pooled buffer until Release.
type Pooled struct {
	protocol.Message
	buf *[]byte
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// keptBuffer is the capacity in bytes of the largest buffer that is pooled.
const keptBuffer = 1 << 20

// NewPooled returns a message with a body that appendTo makes.
func NewPooled(k protocol.Kind, appendTo func([]byte) []byte) Pooled {
	buf := buffers.Get().(*[]byte)
	*buf = appendTo((*buf)[:0])
	return Pooled{protocol.Message{Kind: k, Body: *buf}, buf}
}

// Encode encodes the message and releases it. It is not for the class Update, which keeps
// the body.
func (m Pooled) Encode(c Class, p protocol.Protocol) *Message {
	defer m.Release()
	return Encode(c, p, m.Message)
}

// Release gives the buffer back.
func (m Pooled) Release() {
	if cap(*m.buf) <= keptBuffer {
		buffers.Put(m.buf)
	}
}
