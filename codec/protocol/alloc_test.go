//go:build !race

// Under the race detector sync.Pool drops items at random.

package protocol

import (
	"bytes"
	"testing"
)

func TestMsgPackAllocs(t *testing.T) {
	frame := MsgPack{}.Append(nil, Message{Kind: Update, Body: bytes.Repeat([]byte{7}, 30),
		Version: 42})
	var p Protocol = MsgPack{}
	var m Message
	buf := make([]byte, 0, 64)
	n := testing.AllocsPerRun(100, func() {
		if _, err := p.Next(frame, &m); err != nil || len(m.Body) != 30 || m.Version != 42 {
			t.Fatal(err)
		}
		buf = p.Append(buf[:0], m)
	})
	if n != 0 || !bytes.Equal(buf, frame) {
		t.Errorf("%v allocations, %x", n, buf)
	}
}
