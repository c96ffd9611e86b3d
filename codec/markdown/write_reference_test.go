package markdown_test

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// TestWriting has the reference write the trees that we write, and read what we
// wrote. Where the texts differ, the reference itself must read its own as something else.
func TestWriting(t *testing.T) {
	ref := startReference(t)
	texts := corpus(t, ref, 2, 3000)
	var trees []tree
	var ours []string
	for _, text := range texts {
		doc, err := markdown.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, treeOf(doc))
		ours = append(ours, markdown.Format(doc))
	}
	theirs, _ := ref.ask(t, request{Op: "write", Trees: trees})
	ourReading, _ := ref.ask(t, request{Op: "read", Texts: ours, Remedies: remedies})
	theirReading, _ := ref.ask(t, request{Op: "read", Texts: theirs.Texts, Remedies: remedies})
	got := map[string]int{}
	for i := range texts {
		want := markdown.Normal(trees[i].node())
		if outline(ourReading.Trees[i].node()) != outline(want) {
			got["read otherwise by the reference"]++
			t.Logf("%q\nis read as %s\nwant       %s", ours[i], outline(ourReading.Trees[i].node()), outline(want))
		}
		if ours[i] == theirs.Texts[i] {
			continue
		}
		name := otherForm(ours[i], theirs.Texts[i])
		if name != blankEnds && name != sideBySide && outline(theirReading.Trees[i].node()) == outline(want) {
			t.Errorf("%q is written, not %q, which is read as the same", ours[i], theirs.Texts[i])
		}
		got[name]++
	}
	want := map[string]int{}
	if !maps.Equal(got, want) {
		t.Errorf("of %d trees these are written otherwise: %v, want %v", len(texts), got, want)
	}
}

// The names of the ways in which we write otherwise.
const (
	blankEnds  = "blanks at the ends of lines"
	sideBySide = "lists side by side"
	keptApart  = "emphasis kept apart"
	escaped    = "more is escaped"
	beside     = "item that starts with another block than a paragraph"
	newlines   = "newlines in a line"
	tildes     = "fence of tildes"
	entities   = "blanks as entities"
)

var otherMarkers = regexp.MustCompile(`(?m)^[ >*\d.+]*(\+|\d+\)) `)

var besideMarker = regexp.MustCompile("(?m)^[ >]*([*+]|\\d+[.)]) ([*+] |\\d+[.)] )*(`{3}|~{3}|#|>|\\||---|[*+] |\\d+[.)] )")

// otherForm names how a text of ours is another than theirs.
func otherForm(ours, theirs string) string {
	switch {
	case bare(ours, " \t") == bare(theirs, " \t"):
		return blankEnds
	case otherMarkers.MatchString(ours):
		return sideBySide
	case strings.Contains(ours, "<!-- -->"), bare(ours, " *\\\n") == bare(theirs, " *\\\n") && strings.Contains(theirs, "*\\\n"):
		return keptApart
	case bare(ours, " \u00a0\\") == bare(theirs, " \u00a0\\"):
		return escaped
	case strings.Contains(ours, "&#"):
		return entities
	case besideMarker.MatchString(ours):
		return beside
	case strings.Contains(ours, "~~~"):
		return tildes
	case bare(ours, " \t\n\\") == bare(theirs, " \t\n\\"):
		return newlines
	}
	return "unknown"
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
