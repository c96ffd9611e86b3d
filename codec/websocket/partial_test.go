package websocket

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// randomFrames returns a valid stream and its messages.
func randomFrames(rng *rand.Rand) (stream []byte, want []Frame) {
	size := func() int {
		if rng.IntN(8) == 0 {
			return 65530 + rng.IntN(20)
		}
		return []int{0, 10, 60, 120, 130, 300, 1000}[rng.IntN(7)]
	}
	key := func() (key [4]byte) {
		for i := range key {
			key[i] = byte(rng.Uint32())
		}
		return key
	}
	controls := func() {
		for rng.IntN(3) == 0 {
			m := Frame{Op: []Opcode{OpClose, OpPing, OpPong}[rng.IntN(3)],
				Payload: bytes.Repeat([]byte{0xff}, rng.IntN(126))}
			stream, want = appendMasked(stream, m.Op, true, key(), m.Payload), append(want, m)
		}
	}
	for range 1 + rng.IntN(4) {
		controls()
		m := Frame{Op: []Opcode{OpText, OpBinary}[rng.IntN(2)], Payload: bytes.Repeat([]byte("aé€𝄞"), size()/10)}
		op, left := m.Op, m.Payload
		for rng.IntN(2) == 0 {
			n := rng.IntN(len(left) + 1)
			stream = appendMasked(stream, op, false, key(), left[:n])
			op, left = OpContinuation, left[n:]
			controls()
		}
		stream, want = appendMasked(stream, op, true, key(), left), append(want, m)
	}
	return stream, want
}

// cutFrames cuts a stream at random into pieces of up to most bytes.
func cutFrames(rng *rand.Rand, stream []byte, most int) (pieces [][]byte) {
	for len(stream) > 0 {
		n := min(rng.IntN(most+1), len(stream))
		pieces, stream = append(pieces, stream[:n]), stream[n:]
	}
	return pieces
}

func TestReaderOfStreamInParts(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 0))
		stream, want := randomFrames(rng)
		for _, pieces := range [][][]byte{{stream}, cutFrames(rng, stream, 1+rng.IntN(20)), cutFrames(rng, stream, 1<<10), cutFrames(rng, stream, 64<<10)} {
			var r Reader
			got, err := readFrames(&r, pieces, frameLimit)
			if err != nil || !sameFrames(got, want) {
				t.Fatalf("seed %d in %d pieces:%s, %v; want%s", seed, len(pieces), showFrames(got),
					err, showFrames(want))
			}
			if r.partial != nil || r.Pending() != 0 {
				t.Fatalf("seed %d: something is held at the end", seed)
			}
		}
	}
}

func TestReaderSize(t *testing.T) {
	if n := unsafe.Sizeof(Reader{}); n > 8 {
		t.Errorf("%d bytes", n)
	}
	if n := unsafe.Sizeof(partialMessage{}); n > 48 {
		t.Errorf("%d bytes behind it", n)
	}
}

// capacity returns the capacity of r's buffer in bytes.
func capacity(r *Reader) int {
	if r.partial == nil {
		return 0
	}
	return cap(r.partial.data)
}

// TestReaderMemory reads messages in pieces. It shows that the capacity is never more than twice
// the bytes that have come, and that the buffer does not grow, and is copied, too often.
func TestReaderMemory(t *testing.T) {
	const limit = 256 << 10
	fragments := appendMasked(nil, OpBinary, false, frameKey, nil)
	pings := slices.Clone(fragments)
	for i := range 10_000 {
		fragments = appendMasked(fragments, OpContinuation, false, frameKey, []byte{1})
		pings = appendMasked(pings, OpContinuation, false, frameKey, []byte{1})
		pings = appendMasked(pings, OpPing, true, frameKey, make([]byte, i/80))
	}
	whole := appendMasked(nil, OpBinary, true, frameKey, make([]byte, limit))
	full := appendMasked(nil, OpBinary, false, frameKey, make([]byte, limit))
	for i := range maxControl {
		full = appendMasked(full, OpPing, true, frameKey, make([]byte, i))
		full = appendMasked(full, OpContinuation, false, frameKey, nil)
	}
	for _, tt := range []struct {
		name   string
		stream []byte
		piece  int
		most   int // copies
	}{
		{"header", whole[:14], 1, 5},
		{"frame in bytes", whole, 1, 20},
		{"frame in reads", whole, 4 << 10, 8},
		{"fragments of a byte", fragments, 1, 16},
		{"fragments of a byte in reads", fragments, 1000, 16},
		{"pings between", pings, 1, 16},
		{"pings at the limit", full, 1, 24},
	} {
		var r Reader
		come, had, copies := 0, 0, 0
		for piece := range slices.Chunk(tt.stream, tt.piece) {
			if _, err := readFrames(&r, [][]byte{piece}, limit); err != nil {
				t.Fatal(err)
			}
			come += len(piece)
			has := capacity(&r)
			if has > had {
				copies++
			}
			if had = max(had, has); has > 2*come || has > limit+maxControlFrame {
				t.Fatalf("%s: capacity for %d when %d had come", tt.name, has, come)
			}
		}
		if copies > tt.most {
			t.Errorf("%s: copied %d times, want at most %d", tt.name, copies, tt.most)
		}
	}
}

func TestReaderRefusesByHeader(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    []byte
		want error
	}{
		{"too long", appendMasked(nil, OpBinary, true, frameKey, make([]byte, 1001))[:8],
			ErrTooLarge},
		{"reserved bit", []byte{0xc1, 0x80}, ErrProtocol},
		{"unmasked", []byte{0x81, 0x7f}, ErrProtocol},
		{"continuation", []byte{0x80, 0xff}, ErrProtocol},
		{"control too long", []byte{0x89, 0xfe}, ErrProtocol},
	} {
		var r Reader
		if _, err := readFrames(&r, slices.Collect(slices.Chunk(tt.b, 1)), 1000); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestReaderAllocs(t *testing.T) {
	small := appendMasked(nil, OpText, true, frameKey, bytes.Repeat([]byte("ä"), 50))
	small = appendMasked(small, OpPing, true, frameKey, []byte("p"))
	small = appendMasked(small, OpBinary, true, frameKey, make([]byte, 200))
	ping := appendMasked(nil, OpPing, true, frameKey, make([]byte, maxControl))
	begun := appendMasked(nil, OpBinary, false, frameKey, make([]byte, 1000))
	inside := func(r *Reader) { _, _, _, _ = r.Next(bytes.Clone(begun), frameLimit) }
	for _, tt := range []struct {
		name    string
		prepare func(*Reader)
		pieces  [][]byte
		want    float64
	}{
		{"frames", nil, [][]byte{small}, 0},
		{"frame cut in two", nil, [][]byte{small[:50], small[50:]}, 3},
		{"ping within a message", inside, [][]byte{ping}, 0},
		{"ping within a message, cut", inside, [][]byte{ping[:50], ping[50:]}, 0},
	} {
		var r Reader
		if tt.prepare != nil {
			tt.prepare(&r)
		}
		buf := make([]byte, 1000)
		n := testing.AllocsPerRun(100, func() {
			for _, piece := range tt.pieces {
				ok := true
				for rest := buf[:copy(buf, piece)]; ok; {
					var err error
					if _, rest, ok, err = r.Next(rest, frameLimit); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
		if n != tt.want {
			t.Errorf("%s: %v allocations, want %v", tt.name, n, tt.want)
		}
	}
}
