package outbound

import (
	"bytes"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// encodedOf returns an update of n bytes, encoded for y-websocket.
func encodedOf(n int) *Message {
	return Encode(Update, protocol.YWebsocket{}, protocol.Message{
		Kind: protocol.Update, Body: bytes.Repeat([]byte("a"), n),
	})
}

// TestDeflate shows that long messages are compressed for queues with compression, in their places
// and once for all queues, and that others have them as they are.
func TestDeflate(t *testing.T) {
	short, long, longer := encodedOf(10), encodedOf(5000), encodedOf(2*muchDeflated)
	packed, plain := Queue{Compression: true}, Queue{}
	var waits int
	var first Batch
	for range 2 {
		for _, m := range []*Message{short, long, short, longer} {
			packed.Put(m, 1<<20)
			plain.Put(m, 1<<20)
		}
		var b Batch
		packed.Take(&b)
		b.Deflate(func() { waits++ })
		if len(b.Frames) != 4 || &b.Frames[0][0] != &short.Wire[0] || &b.Frames[2][0] != &short.Wire[0] {
			t.Fatalf("short messages are changed: %d frames", len(b.Frames))
		}
		if len(b.Frames[1]) >= 5000 || len(b.Frames[3]) >= muchDeflated {
			t.Errorf("%d and %d bytes", len(b.Frames[1]), len(b.Frames[3]))
		}
		if first.Frames == nil {
			first = b
		}
		if &b.Frames[1][0] != &first.Frames[1][0] || &b.Frames[3][0] != &first.Frames[3][0] {
			t.Error("a message is compressed again")
		}
		var other Batch
		plain.Take(&other)
		other.Deflate(func() { t.Error("nothing is compressed without compression") })
		if len(other.Frames) != 4 || &other.Frames[1][0] != &long.Wire[0] || &other.Frames[3][0] != &longer.Wire[0] {
			t.Error("messages are changed without compression")
		}
	}
	if waits != 2 {
		t.Errorf("another writer takes over %d times, want 2", waits)
	}
	if short.deflated != nil || len(short.Wire) >= websocket.MinDeflate {
		t.Error("a short message has room for a compressed form")
	}
}
