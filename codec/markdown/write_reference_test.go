package markdown_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// The ways in which we write otherwise than the reference. docs/markdown.md has the reasons.
const (
	blankEnds  = "blanks at the ends of lines"
	again      = "as the reference writes it again"
	newlines   = "newlines in a line"
	reductions = "emphasis that is not read"
	escaped    = "more is escaped"
	beside     = "empty items"
	parameters = "backticks among parameters"
)

// TestFormatLikeReference makes the reference write the trees that we write, and read our texts.
// The number of differences is pinned: look at a new one.
func TestFormatLikeReference(t *testing.T) {
	ref := startReference(t)
	_, trees := corpusTrees(t, ref, 2, 3000)
	ours := make([]string, len(trees))
	for i := range trees {
		ours[i] = markdown.Format(trees[i].node())
	}
	theirs, _ := ref.ask(t, request{Op: "write", Trees: trees})
	readOurs, _ := ref.ask(t, request{Op: "read", Texts: ours, Remedies: remedies})
	readTheirs, _ := ref.ask(t, request{Op: "read", Texts: theirs.Texts, Remedies: remedies})
	twice, _ := ref.ask(t, request{Op: "write", Trees: readTheirs.Trees})
	got := map[string]int{}
	for i := range trees {
		want := outline(markdown.Normalize(trees[i].node()))
		if is := outline(readOurs.Trees[i].node()); is != want {
			t.Errorf("%q is read by the reference as\n%s\nwant\n%s", ours[i], is, want)
		}
		if ours[i] == theirs.Texts[i] {
			continue
		}
		name := otherForm(ours[i], theirs.Texts[i], twice.Texts[i])
		if got[name]++; name == "" || name != blankEnds && name != again &&
			outline(readTheirs.Trees[i].node()) == want {
			t.Errorf("%q is written, not %q, without need (%s)", ours[i], theirs.Texts[i], name)
		}
	}
	want := map[string]int{blankEnds: 287, again: 82, newlines: 11, reductions: 1, escaped: 26,
		beside: 43, parameters: 1}
	if !maps.Equal(got, want) {
		t.Errorf("of %d trees these are written otherwise: %v, want %v", len(trees), got, want)
	}
}

var emptyItem = regexp.MustCompile(`(?m)^[ >*\d.]*([*]|\d+[.]) $`)

// otherForm returns the name of the way in which our text differs from theirs, or "". twice is what
// the reference writes after reading theirs.
func otherForm(ours, theirs, twice string) string {
	same := func(without string) bool { return bare(ours, without) == bare(theirs, without) }
	switch {
	case same(" \t"):
		return blankEnds
	case bare(ours, " \t") == bare(twice, " \t"):
		return again
	case same(" \u00a0\\"):
		return escaped
	case same(" `"):
		return parameters
	case same(" *\\"):
		return reductions
	case emptyItem.MatchString(ours):
		return beside
	case same(" \t\n\\"):
		return newlines
	}
	return ""
}

// bare returns a text without some characters.
func bare(s, without string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(without, r) {
			return -1
		}
		return r
	}, s)
}
