package fuzz

import (
	"errors"
	"fmt"
	"testing"
)

// TestShapes compares the documents of TestSteps with Yjs. They are smaller here, as Yjs' work is
// quadratic for some.
func TestShapes(t *testing.T) {
	w := startWorker(t)
	first, count := envUint(t, "FUZZ_SEED", 1), envUint(t, "FUZZ_SHAPES", 100)
	undecided := 0
	for seed := first; seed < first+count; seed++ {
		s := shapeOf(seed)
		updates := s.updates(60)
		err := run(w, scenario{
			Found: fmt.Sprintf("TestShapes, %v", s),
			GC:    seed%2 == 0, Batch: 1 + int(seed%3)*2, Every: len(updates),
			Split: []int{0, splitLimit}[seed%2], Compact: []int{0, 16}[seed/2%2], Reload: []int{0, 7}[seed/4%2],
			Hostile: s.mixed(), Updates: updates,
			Strict: s.where == "reversed", // such structs are kept with other origins (docs/document.md)
		})
		if errors.Is(err, errUndecided) {
			undecided++
		} else if err != nil {
			t.Errorf("shape %v\n%v", s, err)
		}
	}
	t.Logf("%d of %d undecided", undecided, count)
}
