package websocket

import (
	"math/rand/v2"
	"testing"
)

// TestReaderBuffered shows that the buffer never has more capacity than Buffered returned after the
// last header, and that Buffered returns 0 after a message has ended.
func TestReaderBuffered(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		stream, _ := randomFrames(rng)
		var r Reader
		before, piece := 0, 1+rng.IntN(3000)
		for _, p := range cutFrames(rng, stream, piece) {
			if _, err := readFrames(&r, [][]byte{p}, frameLimit); err != nil {
				t.Fatal(err)
			}
			held, most := r.Buffered(frameLimit)
			has := capacity(&r)
			if has > most || held > most || held == 0 && most > 0 {
				t.Fatalf("seed %d: %d held in capacity for %d, said %d", seed, held, has, most)
			}
			if before > 0 && has > before+2*piece {
				t.Fatalf("seed %d: capacity for %d, said %d", seed, has, before)
			}
			before = most
		}
		if held, most := r.Buffered(frameLimit); held != 0 || most != 0 {
			t.Fatalf("seed %d: %d, %d at the end", seed, held, most)
		}
	}
}

// TestBufferedOfHeader shows that Buffered returns the length of a message as soon as its header
// has come.
func TestBufferedOfHeader(t *testing.T) {
	whole := appendMasked(nil, OpBinary, true, frameKey, make([]byte, 1<<20))
	begun := appendMasked(nil, OpBinary, false, frameKey, make([]byte, 100<<10))
	header := len(whole) - 1<<20
	for _, tt := range []struct {
		name       string
		stream     []byte
		limit      int
		held, most int
	}{
		{"frame", whole[:header], 2 << 20, header, len(whole)},
		{"first fragment, more may follow", begun[:20], 2 << 20, 20, 2 * len(begun)},
		{"the limit is near", begun[:20], 150 << 10, 20, 150<<10 + maxControlFrame},
		{"a fragment that has ended", begun, 2 << 20, 100 << 10, 200 << 10},
	} {
		var r Reader
		if _, _, _, err := r.Next(append([]byte(nil), tt.stream...), tt.limit); err != nil {
			t.Fatal(err)
		}
		if held, most := r.Buffered(tt.limit); held != tt.held || most != tt.most {
			t.Errorf("%s: %d, %d, want %d, %d", tt.name, held, most, tt.held, tt.most)
		}
	}
}
