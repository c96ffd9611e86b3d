package contents

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestMerge shows how two changes of a text are merged, and where they contradict each other.
func TestMerge(t *testing.T) {
	for _, test := range []struct{ base, mine, theirs, want string }{
		{"", "mine", "theirs", "theirsmine"},
		{"one two", "one 2", "1 two", "1 2"},
		{"one two three", "one three", "one two three four", "one three four"},
		{"the cat", "the dog", "the dog", "the dog"},
		{"the cat", "the dog", "the cow", `[{"cat" "dog" "cow"}]`},
		{"the cat", "the cat sat", "the cat ran", "the cat ran sat"},
		{"a b c d", "a d", "a b x c d", `[{"b c " "" "b x c "}]`},
		{"a b c", "a b", "a c", `[{"b c" "b" "c"}]`},
		{"cat", "cart", "scat", "scart"},
		{"one\ntwo\n", "one\ntwo\nthree\n", "zero\none\ntwo\n", "zero\none\ntwo\nthree"},
		{"a😀b", "a😁b", "a😀bc", "a😁bc"},
		{"x y", "p y", "x y z", "p y z"},
		{"a one.2 b", "a one.1 one.2 b", "a b", "a one.1 b"},
		{"a  b", "a x  b", "a  y b", "a x  y b"},
		{"a b", "a x b", "a  yb", "a x  yb"},
		{"a y.1 b", "a y.1 x b", "a  y.2b", `[{"1 " "1 x " "2"}]`},
		{"f(a, b)", "f(a, x, b)", "f(b)", "f(x, b)"},
		{"the old cat", "the new dog", "a old cow", `[{"cat" "dog" "cow"}]`},
	} {
		got, conflicts := Merge(test.base, test.mine, test.theirs)
		if len(conflicts) > 0 {
			got = fmt.Sprintf("%q", conflicts)
		}
		if strings.TrimSpace(got) != test.want {
			t.Errorf("%q, %q, %q: %q, want %q", test.base, test.mine, test.theirs, got, test.want)
		}
	}
}

// TestMergeOfOneSide shows that a change of one side, or the same of both, is the result.
func TestMergeOfOneSide(t *testing.T) {
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		base := ""
		for range 4 {
			base = scribble(rnd, base)
		}
		other := scribble(rnd, base)
		for _, test := range [][2]string{{other, base}, {base, other}, {other, other}} {
			if got, conflicts := Merge(base, test[0], test[1]); got != other || conflicts != nil {
				t.Fatalf("seed %d: %q, %q, %q: %q, %q", seed, base, test[0], test[1], got, conflicts)
			}
		}
	}
}

// TestMergeKeepsInsertions shows that everything that either side has inserted is in the result of
// a merge without conflicts, once.
func TestMergeKeepsInsertions(t *testing.T) {
	merged := 0
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		words := strings.Fields(strings.Repeat("lorem ipsum dolor sit amet ", 1+rnd.IntN(4)))
		with := func(mark string) string {
			list := append([]string(nil), words...)
			at := rnd.IntN(len(list))
			if rnd.IntN(3) == 0 {
				list[at] = mark
			} else {
				list[at] += " " + mark
			}
			return strings.Join(list, " ")
		}
		got, conflicts := Merge(strings.Join(words, " "), with("MINE"), with("THEIRS"))
		if conflicts != nil {
			continue
		}
		merged++
		if strings.Count(got, "MINE") != 1 || strings.Count(got, "THEIRS") != 1 {
			t.Fatalf("seed %d: %q", seed, got)
		}
	}
	if merged < 1000 {
		t.Errorf("%d of 2000 were merged", merged)
	}
}

// TestChangesHaveTheirPlace shows that what is inserted or deleted is so between words, brackets
// and lines where that means the same, also beside other changes.
func TestChangesHaveTheirPlace(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want []hunk
	}{
		{"<a.1><b.1>", "<a.1><x.9><b.1>", []hunk{{5, 5, "<x.9>"}}},
		{"<a.1><x.9><b.1>", "<a.1><b.1>", []hunk{{5, 10, ""}}},
		{"<a.1><b.1>", "<y.1><a.1><x.1><b.1>", []hunk{{0, 0, "<y.1>"}, {5, 5, "<x.1>"}}},
		{"a b", "a x b", []hunk{{2, 2, "x "}}},
		{"one\ntwo\n", "one\nnew\ntwo\n", []hunk{{4, 4, "new\n"}}},
		{"(a) (b)", "(a) (x) (b)", []hunk{{4, 4, "(x) "}}},
		{"a one.2 b", "a one.1 one.2 b", []hunk{{2, 2, "one.1 "}}},
		{"a  b", "a x  b", []hunk{{1, 1, " x"}}},
		{"a  b", "a  x b", []hunk{{3, 3, "x "}}},
		{"a b", "a b x", []hunk{{3, 3, " x"}}},
	} {
		if got := diff(test.a, test.b); !slices.Equal(got, test.want) {
			t.Errorf("%q, %q: %q, want %q", test.a, test.b, fmt.Sprint(got), fmt.Sprint(test.want))
		}
	}
}

// TestPlacesOfLongRepetitions shows that the search for the place of a change does not copy it at
// each word that is the same.
func TestPlacesOfLongRepetitions(t *testing.T) {
	a, b := strings.Repeat("a ", 5000), strings.Repeat("a ", 7500)
	for _, test := range []struct {
		a, b string
		want hunk
	}{
		{a, b, hunk{0, 0, b[len(a):]}},
		{b, a, hunk{0, len(b) - len(a), ""}},
	} {
		var got []hunk
		allocs := testing.AllocsPerRun(1, func() { got = diff(test.a, test.b) })
		if allocs > 500 || len(got) != 1 || got[0] != test.want {
			t.Errorf("%d to %d bytes: %v allocations, %d hunks", len(test.a), len(test.b), allocs, len(got))
		}
	}
}
