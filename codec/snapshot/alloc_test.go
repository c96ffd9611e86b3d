//go:build !race

// Under the race detector sync.Pool drops items at random.

package snapshot

import "testing"

func TestPiecesDoNotAllocate(t *testing.T) {
	for _, a := range []Algorithm{Zstd, Gzip} {
		p := written(20)
		state, cuts := p.state()
		dst := make([]byte, 0, len(state)+MaxOverhead)
		var pieces Pieces
		typed := len(state) - 3000
		if n := testing.AllocsPerRun(50, func() {
			state[typed]++
			typed++
			if _, err := pieces.Append(dst, Snapshot{Version: 7, State: state}, cuts, a); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v: %v allocations", a, n)
		}
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	for name, state := range map[string][]byte{"prose": prose(1 << 20), "noise": noise(1 << 20)} {
		dst := make([]byte, 0, len(state)+MaxOverhead)
		for a := range algorithms {
			if n := testing.AllocsPerRun(20, func() {
				if b, err := Append(dst, Snapshot{Version: 7, State: state}, a); err != nil ||
					&b[0] != &dst[:1][0] {
					t.Fatal("the buffer was too small", err)
				}
			}); n != 0 {
				t.Errorf("%v of %s: %v allocations", a, name, n)
			}
		}
	}
}
