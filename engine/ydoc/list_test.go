package ydoc

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestList compares a list with a slice after random insertions and removals, at both ends, inside,
// and of most elements.
func TestList(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	var l list[int]
	var want []int
	spotOf := func(i int) (s listPos) {
		for s.chunk < len(l.chunks) && i >= len(l.chunks[s.chunk]) {
			i -= len(l.chunks[s.chunk])
			s.chunk++
		}
		s.i = i
		return s
	}
	for round := range 20_000 {
		i := r.IntN(len(want) + 1)
		switch how := r.IntN(100); {
		case how < 30:
			i = len(want)
		case how < 40:
			i = 0
		case how == 99 && round%7 == 0, how > 85 && len(want) > 0:
			n := min(r.IntN(3), len(want)-i)
			if how == 99 {
				n = r.IntN(len(want) - i + 1)
			}
			l.remove(spotOf(i), n)
			want = slices.Delete(want, i, i+n)
			continue
		}
		s := l.insert(spotOf(i), round)
		want = slices.Insert(want, i, round)
		if *l.at(s) != round {
			t.Fatalf("round %d: it is said to be where %d is", round, *l.at(s))
		}
		if round%97 == 0 && !slices.Equal(slices.Collect(l.all()), want) {
			t.Fatalf("round %d: not what a slice holds", round)
		}
	}
	if l.len != len(want) || !slices.Equal(slices.Collect(l.all()), want) {
		t.Fatalf("%d elements, want %d", l.len, len(want))
	}
	for i, chunk := range l.chunks {
		if len(chunk) == 0 || len(chunk) > chunkLen {
			t.Errorf("chunk %d of %d has %d elements", i, len(l.chunks), len(chunk))
		}
	}
}

// TestListChunksAreFull shows that insertions in order fill chunks, and that few chunks are left
// after most elements are removed.
func TestListChunksAreFull(t *testing.T) {
	const n = 100 * chunkLen
	for name, at := range map[string]func(l *list[int]) listPos{
		"ascending":  func(l *list[int]) listPos { return listPos{len(l.chunks), 0} },
		"descending": func(*list[int]) listPos { return listPos{} },
	} {
		var l list[int]
		for i := range n {
			l.insert(at(&l), i)
		}
		if got := len(l.chunks); got != n/chunkLen {
			t.Errorf("%s: %d chunks, want %d", name, got, n/chunkLen)
		}
		for i := range len(l.chunks) {
			for len(l.chunks) > i && len(l.chunks[i]) > 3 {
				l.remove(listPos{i, 1}, 1)
			}
		}
		if got := len(l.chunks); got > 2+4*l.len/chunkLen {
			t.Errorf("%s: %d chunks for %d elements", name, got, l.len)
		}
	}
}

// TestSuffixHash checks that the hash without a prefix is the hash of the rest.
func TestSuffixHash(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 2))
	b := make([]byte, 3000)
	for i := range b {
		b[i] = byte(r.IntN(4))
	}
	h := hashOf(b)
	for len(b) > 0 {
		n := min(1+r.IntN(200), len(b))
		h.drop(b[:n], len(b)-n)
		if b = b[n:]; h != hashOf(b) {
			t.Fatalf("%d left: %d, want %d", len(b), h, hashOf(b))
		}
	}
	if hashOf([]byte{0}) == hashOf([]byte{0, 0}) {
		t.Error("zeros do not count")
	}
}
