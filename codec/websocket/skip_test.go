package websocket

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// readOrSkip does the same as readFrames, but skips messages that are longer than limit and no
// longer than skip.
func readOrSkip(r *Reader, pieces [][]byte, limit, skip int) (got []Frame, err error) {
	for _, piece := range pieces {
		for rest := bytes.Clone(piece); ; {
			m, behind, ok, err := r.NextWithin(rest, Limits{Message: limit, Skip: skip})
			if err != nil {
				return got, err
			}
			if !ok {
				break
			}
			got, rest = append(got, Frame{Op: m.Op, Payload: bytes.Clone(m.Payload)}), behind
		}
	}
	return got, nil
}

// TestReaderSkipsLongMessages reads streams with messages that are too long, cut in every way. It
// shows that the messages around them are read, and that next to nothing is buffered meanwhile.
func TestReaderSkipsLongMessages(t *testing.T) {
	const limit, skip = 100, 1000
	x := strings.Repeat("x", 2000)
	tooLong := Frame{Op: OpTooLong}
	for _, tt := range []struct {
		name   string
		stream string
		want   []Frame
		err    error
	}{
		{"one byte", final(OpBinary, x[:101]) + final(OpText, "a"), frames(tooLong, text("a")),
			nil},
		{"the most that is skipped", final(OpBinary, x[:skip]) + final(OpText, "a"),
			frames(tooLong, text("a")), nil},
		{"more than that", final(OpText, "a") + final(OpBinary, x[:skip+1]), frames(text("a")),
			ErrTooLarge},
		{"two", final(OpText, x[:200]) + final(OpBinary, x[:300]) + final(OpBinary, "b"),
			frames(tooLong, tooLong, bin("b")), nil},
		{"in fragments", part(OpText, x[:60]) + part(OpContinuation, x[:60]) + final(OpContinuation,
			x[:60]) + final(OpText, "a"), frames(tooLong, text("a")), nil},
		{"in short fragments", part(OpBinary, x[:100]) + part(OpContinuation,
			"") + part(OpContinuation, "y") + final(OpContinuation, "") + final(OpText, "a"),
			frames(tooLong, text("a")), nil},
		{"fragments that are too long together",
			part(OpBinary, x[:600]) + final(OpContinuation, x[:401]), frames(tooLong), ErrTooLarge},
		{"a ping within", part(OpText, x[:600]) + final(OpPing, "p") + final(OpContinuation,
			x[:7]) + final(OpText, "a"), frames(tooLong, control(OpPing, "p"), text("a")), nil},
		{"a message within", part(OpText, x[:600]) + final(OpText, "a"), frames(tooLong),
			ErrProtocol},
		{"no UTF-8 in it", final(OpText, strings.Repeat("\xff", 101)) + final(OpText, "a"),
			frames(tooLong, text("a")), nil},
	} {
		rng := rand.New(rand.NewPCG(1, 1))
		for pieces := range 40 {
			var r Reader
			got, err := readOrSkip(&r, cutFrames(rng, []byte(tt.stream), 1+pieces), limit, skip)
			if !sameFrames(got, tt.want) || !errors.Is(err, tt.err) {
				t.Fatalf("%s in pieces of up to %d:%s, %v; want%s, %v", tt.name, 1+pieces,
					showFrames(got), err, showFrames(tt.want), tt.err)
			}
			if err == nil && (r.partial != nil || r.Pending() != 0) {
				t.Errorf("%s: something is held at the end", tt.name)
			}
			if capacity(&r) > 2*(limit+maxControlFrame) {
				t.Errorf("%s: capacity for %d", tt.name, capacity(&r))
			}
		}
	}
}

// TestReaderSkipsWithoutMemory shows that skipping a frame of 100 MiB that comes in pieces
// allocates nothing.
func TestReaderSkipsWithoutMemory(t *testing.T) {
	const n = 100 << 20
	header := appendMasked(nil, OpBinary, true, frameKey, nil)[:0]
	header = AppendHeader(header, OpBinary, true, n)
	header[1] |= maskBit
	header = append(header, frameKey[:]...)
	piece := make([]byte, 64<<10)
	var r Reader
	if m, _, ok, err := r.NextWithin(header, Limits{Message: 100, Skip: n}); !ok || m.Op != OpTooLong || err != nil {
		t.Fatal(m, ok, err)
	}
	dropped := 0
	if allocs := testing.AllocsPerRun(n/len(piece)-2, func() {
		if _, rest, ok, err := r.NextWithin(piece, Limits{Message: 100, Skip: n}); ok || len(rest) > 0 || err != nil {
			t.Fatal(ok, err)
		}
		dropped += len(piece)
	}); allocs != 0 || r.Pending() != n-dropped {
		t.Errorf("%v allocations, %d bytes to come, want %d", allocs, r.Pending(), n-dropped)
	}
}
