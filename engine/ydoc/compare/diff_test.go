package compare

import (
	"math/rand/v2"
	"testing"
)

// longest returns the length of the longest common subsequence.
func longest(a, b []int) int {
	best := make([]int, len(b)+1)
	for i := range a {
		before := 0
		for j := range b {
			above := best[j+1]
			if a[i] == b[j] {
				best[j+1] = before + 1
			} else {
				best[j+1] = max(best[j+1], best[j])
			}
			before = above
		}
	}
	return best[len(b)]
}

// TestDiff shows that diff finds a longest common subsequence, in ascending runs.
func TestDiff(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sequence := func() []int {
		all := make([]int, r.IntN(30))
		for i := range all {
			all[i] = r.IntN(4)
		}
		return all
	}
	for range 20_000 {
		a, b := sequence(), sequence()
		found, endA, endB := 0, 0, 0
		diff(a, b, func(int) {}, func(x, y, n int) {
			if x < endA || y < endB || n <= 0 {
				t.Fatalf("%v, %v: a run of %d at %d and %d, after %d and %d", a, b, n, x, y, endA, endB)
			}
			for i := range n {
				if a[x+i] != b[y+i] {
					t.Fatalf("%v, %v: not the same at %d and %d", a, b, x+i, y+i)
				}
			}
			found, endA, endB = found+n, x+n, y+n
		})
		if want := longest(a, b); found != want {
			t.Fatalf("%v, %v: %d in common, of %d", a, b, found, want)
		}
	}
}

// TestDiffGivesUp shows that sequences with too many differences have only their ends in common.
func TestDiffGivesUp(t *testing.T) {
	a, b := make([]int, 3000), make([]int, 3000)
	for i := range a {
		a[i], b[i] = i, -i
	}
	a[0], b[0], a[2999], b[2999] = 7, 7, 8, 8
	a[1500], b[1600] = 9, 9
	found := 0
	steps := 0
	diff(a, b, func(n int) { steps += n }, func(_, _, n int) { found += n })
	if found != 2 || steps > 3*maxEdits*maxEdits {
		t.Errorf("%d in common, in %d steps", found, steps)
	}
}
