package websocket

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
)

func TestAppendHeader(t *testing.T) {
	tests := []struct {
		op   Opcode
		fin  bool
		n    int
		want string
	}{
		{OpBinary, true, 0, "8200"},
		{OpText, true, 125, "817d"},
		{OpBinary, true, 126, "827e007e"},
		{OpBinary, false, 65535, "027effff"},
		{OpContinuation, true, 65536, "807f0000000000010000"},
		{OpClose, true, 2, "8802"},
	}
	for _, tt := range tests {
		if got := hex.EncodeToString(AppendHeader(nil, tt.op, tt.fin, tt.n)); got != tt.want {
			t.Errorf("%d bytes: %s, want %s", tt.n, got, tt.want)
		}
	}
}

// unframe reads a stream of unmasked frames: the payload of the one message in
// it, its opcode and the length of each frame.
func unframe(t *testing.T, b []byte) (op Opcode, payload []byte, frames []int) {
	fin := false
	for r := bytes.NewReader(b); r.Len() > 0; {
		if fin {
			t.Fatal("a frame after the last")
		}
		before := r.Len()
		first, part, err := rawframe.Read(r)
		if err != nil {
			t.Fatal(err)
		}
		fin = first&rawframe.Fin != 0
		if o := Opcode(rawframe.Opcode(first)); len(frames) == 0 {
			op = o
		} else if o != OpContinuation {
			t.Fatalf("opcode %d within a message", o)
		}
		payload = append(payload, part...)
		frames = append(frames, before-r.Len())
	}
	if !fin {
		t.Fatal("no last frame")
	}
	return op, payload, frames
}

func TestWrapMessage(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, MaxFragment - 1, MaxFragment, MaxFragment + 1, 2 * MaxFragment, 2*MaxFragment + 1, 1 << 20} {
		for _, text := range []bool{false, true} {
			payload := bytes.Repeat([]byte("0123456"), n/7+1)[:n]
			buf := append(make([]byte, MaxHeader), payload...)
			op, got, frames := unframe(t, WrapMessage(buf, text))
			if !bytes.Equal(got, payload) || (op == OpText) != text {
				t.Errorf("%d bytes: %d came out, opcode %d", n, len(got), op)
			}
			for _, size := range frames {
				if size > MaxFrame {
					t.Errorf("%d bytes: a frame of %d", n, size)
				}
			}
			if want := max(1, (n+MaxFragment-1)/MaxFragment); len(frames) != want {
				t.Errorf("%d bytes: %d frames, want %d", n, len(frames), want)
			}
		}
	}
}

func TestWrapMessageAllocs(t *testing.T) {
	small, large := make([]byte, 1000), make([]byte, 1<<20)
	if n := testing.AllocsPerRun(100, func() { WrapMessage(small, false) }); n != 0 {
		t.Errorf("%v allocations for a frame", n)
	}
	if n := testing.AllocsPerRun(10, func() { WrapMessage(large, false) }); n != 1 {
		t.Errorf("%v allocations for fragments, want 1", n)
	}
}

func TestClosePayload(t *testing.T) {
	tests := []struct{ name, reason, want string }{
		{"none", "", ""},
		{"short", "restarting", "restarting"},
		{"longest", strings.Repeat("x", 123), strings.Repeat("x", 123)},
		{"too long", strings.Repeat("x", 124), strings.Repeat("x", 123)},
		{"cut between characters", strings.Repeat("x", 122) + "ä", strings.Repeat("x", 122)},
	}
	for _, tt := range tests {
		if got := AppendClosePayload(nil, 4503, tt.reason); string(got) != "\x11\x97"+tt.want {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}
