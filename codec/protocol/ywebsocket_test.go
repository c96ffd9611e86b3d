package protocol

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// yFrames are frames as y-protocols 1.0 and yjs 13.6 write them. Client 7 has typed "hé" into the
// text "t", and its name is Ä.
var yFrames = []struct {
	name string
	hex  string
	kind Kind
	body string // hex
}{
	{"step 1", "000003010702", SyncRequest, "010702"},
	{"step 2", "00010d01010700040101740368c3a900", SyncReply, "01010700040101740368c3a900"},
	{"update", "00020d01010700040101740368c3a900", Update, "01010700040101740368c3a900"},
	{"awareness", "01110107010d7b226e616d65223a22c384227d", Awareness,
		"0107010d7b226e616d65223a22c384227d"},
	{"gone", "0108010702046e756c6c", Awareness, "010702046e756c6c"},
	{"query", "03", AwarenessRequest, ""},
	{"denied", "0200026e6f", Failure, ""},
	{"fresh token", "020103616263", Auth, "616263"},
}

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestYWebsocketFrames(t *testing.T) {
	for _, tt := range yFrames {
		t.Run(tt.name, func(t *testing.T) {
			frame := unhex(t, tt.hex)
			var m Message
			rest, err := YWebsocket{}.Next(frame, &m)
			if err != nil || len(rest) > 0 || m.Kind != tt.kind ||
				!bytes.Equal(m.Body, unhex(t, tt.body)) {
				t.Errorf("Next: %v, %d bytes left, %+v", err, len(rest), m)
			}
			if got := (YWebsocket{}).Append([]byte("x"), m); !bytes.Equal(got[1:], frame) {
				t.Errorf("Append: %x", got[1:])
			}
			for n := range frame {
				if _, err := (YWebsocket{}).Next(frame[:n], &m); !errors.Is(err, lib0.ErrTruncated) {
					t.Errorf("%d bytes of it: %v", n, err)
				}
			}
		})
	}
}

func TestYWebsocketSeveralMessages(t *testing.T) {
	var frame []byte
	for _, tt := range yFrames {
		frame = append(frame, unhex(t, tt.hex)...)
	}
	for _, tt := range yFrames {
		var m Message
		rest, err := YWebsocket{}.Next(frame, &m)
		if err != nil || m.Kind != tt.kind {
			t.Fatalf("%s: %v, kind %d", tt.name, err, m.Kind)
		}
		frame = rest
	}
	if len(frame) > 0 {
		t.Errorf("%d bytes left", len(frame))
	}
}

// TestYWebsocketUnknownMessages reads messages of programs that extend the protocol, and shows that
// nothing is read behind their numbers.
func TestYWebsocketUnknownMessages(t *testing.T) {
	for _, frame := range [][]byte{{4}, {0, 3, 0}, {2, 2, 0}, {102}, {102, 0xff, 0xff}, {0xff, 0x7f, 1, 2, 3}} {
		var m Message
		rest, err := YWebsocket{}.Next(frame, &m)
		if err != nil || len(rest) > 0 || m.Kind != Unknown || m.Body != nil {
			t.Errorf("%v: %v, %d bytes left, %+v", frame, err, len(rest), m)
		}
	}
}

func TestYWebsocketErrors(t *testing.T) {
	tests := []struct {
		name   string
		frame  []byte
		err    error
		offset int
	}{
		{"body longer than the frame", []byte{0, 2, 200, 1, 0}, lib0.ErrTruncated, 4},
		{"length above 2^53", append([]byte{1}, bytes.Repeat([]byte{0xff}, 9)...), lib0.ErrOverflow,
			1},
		{"reason not UTF-8", []byte{2, 0, 1, 0xff}, lib0.ErrUTF8, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := Message{Kind: Update}
			rest, err := YWebsocket{}.Next(tt.frame, &m)
			var at *lib0.SyntaxError
			if !errors.As(err, &at) || !errors.Is(err, tt.err) || at.Offset != tt.offset {
				t.Errorf("got %v, want offset %d: %v", err, tt.offset, tt.err)
			}
			if m.Kind != 0 || len(rest) != len(tt.frame) {
				t.Error("something was read")
			}
		})
	}
}

func TestYWebsocketAllocs(t *testing.T) {
	frame := unhex(t, yFrames[2].hex)
	var p Protocol = YWebsocket{}
	var m Message
	buf := make([]byte, 0, 64)
	n := testing.AllocsPerRun(100, func() {
		if _, err := p.Next(frame, &m); err != nil {
			t.Fatal(err)
		}
		buf = p.Append(buf[:0], m)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzYWebsocket checks that an accepted message is one that Append would write, but for the form
// of its numbers, and that nothing is read twice or lost.
func FuzzYWebsocket(f *testing.F) {
	for _, tt := range yFrames {
		f.Add(unhex(f, tt.hex))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		for len(payload) > 0 {
			var m, checkRoundTrip Message
			rest, err := YWebsocket{}.Next(payload, &m)
			if err != nil {
				return
			}
			if len(rest) >= len(payload) {
				t.Fatal("nothing was read")
			}
			if _, err := (YWebsocket{}).Next(YWebsocket{}.Append(nil, m), &checkRoundTrip); err != nil {
				t.Fatal(err)
			}
			if m.Kind != checkRoundTrip.Kind || m.Text != checkRoundTrip.Text ||
				!bytes.Equal(m.Body, checkRoundTrip.Body) {
				t.Fatalf("%+v became %+v", m, checkRoundTrip)
			}
			payload = rest
		}
	})
}
