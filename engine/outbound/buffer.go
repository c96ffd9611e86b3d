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

// NewPooled returns a message whose body is made by appendTo.
func NewPooled(k protocol.Kind, appendTo func([]byte) []byte) Pooled {
	buf := buffers.Get().(*[]byte)
	*buf = appendTo((*buf)[:0])
	return Pooled{protocol.Message{Kind: k, Body: *buf}, buf}
}

// Encode encodes the message and releases it. The class must not be Update, which would keep the
// body.
func (m Pooled) Encode(c Class, p protocol.Protocol) *Message {
	defer m.Release()
	return Encode(c, p, m.Message)
}

// Release returns the buffer to the pool. The body must not be used after that.
func (m Pooled) Release() {
	if cap(*m.buf) <= keptBuffer {
		buffers.Put(m.buf)
	}
}
