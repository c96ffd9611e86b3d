package markdown_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// The ways in which we write otherwise than the reference. docs/markdown.md says why.
const (
	blankEnds  = "blanks at the ends of lines"
	sideBySide = "lists side by side"
	newlines   = "newlines in a line"
	keptApart  = "emphasis kept apart"
	escaped    = "more is escaped"
	beside     = "item that starts with another block than a paragraph"
	tildes     = "fence of tildes"
	entities   = "blanks as entities"
)

// sameMeaning are those that the reference may read as it reads its own text.
var sameMeaning = map[string]bool{blankEnds: true, sideBySide: true, newlines: true}

// TestWriting has the reference write the trees that we write, and read what we
// wrote. Where the texts differ, the reference must read its own as another tree than it
// was written of. How often they differ is pinned: another difference is one to look at.
func TestWriting(t *testing.T) {
	ref := startReference(t)
	_, trees := corpusTrees(t, ref, 2, 3000)
	ours := make([]string, len(trees))
	for i := range trees {
		ours[i] = markdown.Format(trees[i].node())
	}
	theirs, _ := ref.ask(t, request{Op: "write", Trees: trees})
	readOurs, _ := ref.ask(t, request{Op: "read", Texts: ours, Remedies: remedies})
	readTheirs, _ := ref.ask(t, request{Op: "read", Texts: theirs.Texts, Remedies: remedies})
	got := map[string]int{}
	for i := range trees {
		want := outline(markdown.Normal(trees[i].node()))
		if is := outline(readOurs.Trees[i].node()); is != want {
			t.Errorf("%q is read by the reference as\n%s\nwant\n%s", ours[i], is, want)
		}
		if ours[i] == theirs.Texts[i] {
			continue
		}
		name := otherForm(ours[i], theirs.Texts[i])
		if got[name]++; name == "" || !sameMeaning[name] && outline(readTheirs.Trees[i].node()) == want {
			t.Errorf("%q is written, not %q, without need (%s)", ours[i], theirs.Texts[i], name)
		}
	}
	want := map[string]int{
		blankEnds: 57, sideBySide: 100, newlines: 5, keptApart: 10, escaped: 68, beside: 216, tildes: 1, entities: 7,
	}
	if !maps.Equal(got, want) {
		t.Errorf("of %d trees these are written otherwise: %v, want %v", len(trees), got, want)
	}
}

var (
	otherMarker  = regexp.MustCompile(`(?m)^[ >*\d.+]*(\+|\d+\)) `)
	besideMarker = regexp.MustCompile("(?m)^[ >]*([*+]|\\d+[.)]) ([*+] |\\d+[.)] )*(`{3}|~{3}|#|>|\\||---|[*+] |\\d+[.)] )")
)

// otherForm names how a text of ours is another than theirs, or is "".
func otherForm(ours, theirs string) string {
	same := func(without string) bool { return bare(ours, without) == bare(theirs, without) }
	switch {
	case same(" \t"):
		return blankEnds
	case otherMarker.MatchString(ours):
		return sideBySide
	case strings.Contains(ours, "<!-- -->"), same(" *\\\n") && strings.Contains(theirs, "*\\\n"):
		return keptApart
	case same(" \u00a0\\"):
		return escaped
	case strings.Contains(ours, "&#"):
		return entities
	case besideMarker.MatchString(ours):
		return beside
	case strings.Contains(ours, "~~~"):
		return tildes
	case same(" \t\n\\"):
		return newlines
	}
	return ""
}

// bare is a text without some characters.
func bare(s, without string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(without, r) {
			return -1
		}
		return r
	}, s)
}
