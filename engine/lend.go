package engine

import (
	"sync"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// loan is a message whose body lives in borrowed memory until it is sealed.
type loan struct {
	protocol.Message
	buf *[]byte
}

// buffers lends memory for bodies that live only until they are encoded.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// keptBuffer is the capacity of the largest buffer that is kept, in bytes.
const keptBuffer = 1 << 20

func lend(k protocol.Kind, appendTo func([]byte) []byte) loan {
	buf := buffers.Get().(*[]byte)
	*buf = appendTo((*buf)[:0])
	return loan{protocol.Message{Kind: k, Body: *buf}, buf}
}

func (l loan) seal(c class, p protocol.Protocol) *parcel {
	defer l.repay()
	return seal(c, p, l.Message)
}

func (l loan) repay() {
	if cap(*l.buf) <= keptBuffer {
		buffers.Put(l.buf)
	}
}
