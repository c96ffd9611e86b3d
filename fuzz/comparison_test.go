package fuzz

import (
	"slices"
	"strings"
	"testing"
)

// TestComparisonSeesFaults shows that the comparison with Yjs can fail: it changes a correct
// transcript in one place, and the rule for that must be reported as broken.
func TestComparisonSeesFaults(t *testing.T) {
	w := startWorker(t)
	for _, tt := range []struct {
		name  string
		rule  string // a prefix
		spoil func(r *recorder, last *step)
	}{
		{"nothing", "", func(*recorder, *step) {}},
		{"vector", "state vector", func(r *recorder, last *step) { last.Vector = r.Steps[0].Vector }},
		{"waiting", "pending", func(_ *recorder, last *step) { last.Waiting = !last.Waiting }},
		{"changes lost", "changes", func(_ *recorder, last *step) { last.Changes = nil }},
		{"changes doubled", "changes", func(_ *recorder, last *step) { last.Changes = append(last.Changes, last.Changes...) }},
		{"changes of before", "changes: structs", func(r *recorder, last *step) { last.Changes = r.Steps[0].Changes }},
		{"state of before", "state: ", func(r *recorder, last *step) { last.Check.Joins[0].Parts = r.Steps[0].Changes }},
		{"state without deletes", "state: ", func(r *recorder, last *step) { last.Check.Joins[0].Parts = []int{r.put(r.undeleted())} }},
		{"parts out of order", "split: causal", func(_ *recorder, last *step) { slices.Reverse(formOf(last, "split").Parts) }},
		{"diff that repeats", "diff: structs", func(_ *recorder, last *step) { last.Check.Diffs[0].Update = last.Check.Joins[0].Parts[0] }},
		{"diffs without anything", "since: structs", func(r *recorder, last *step) { empty(r, last.Check.Diffs) }},
		{"view of before", "view: ", func(r *recorder, last *step) { last.Check.View = r.Steps[0].Check.View }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := typing(t)
			tt.spoil(r, &r.Steps[len(r.Steps)-1])
			if f := asFailure(compared(w, r)); (f == nil) != (tt.rule == "") || f != nil && !strings.HasPrefix(f.Rule, tt.rule) {
				t.Errorf("difference %v, want %q", f, tt.rule)
			}
		})
	}
}

// typing returns the transcript of a document large enough to be split, with a deletion at its end.
func typing(t *testing.T) *recorder {
	t.Helper()
	s := readScenario(t, "testdata/typing.json")
	r, err := record(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func empty(r *recorder, diffs []diff) {
	for i := range diffs {
		diffs[i].Update = r.put([]byte{0, 0})
	}
}

func formOf(st *step, name string) *join {
	i := slices.IndexFunc(st.Check.Joins, func(j join) bool { return j.Name == name })
	return &st.Check.Joins[i]
}

// undeleted returns the state before the last update, which only deletes.
func (r *recorder) undeleted() []byte {
	return r.blobs[r.Steps[len(r.Steps)-2].Check.Joins[0].Parts[0]]
}
