package markdown_test

import (
	"maps"
	"regexp"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// remedies are the names of the ways in which we read otherwise than the reference on purpose.
// reference/reading.mjs changes the reference by that name, so that the trees are the same.
// docs/markdown.md has the reasons.
var remedies = []string{"deeper than 20", "reference first in a paragraph", "break in a cell",
	"whole alternative text"}

// quirks match texts that goldmark and markdown-it read differently, one of them against
// CommonMark, and that people do not write.
var quirks = []struct {
	name string
	in   *regexp.Regexp
}{
	{"code with an indented line", regexp.MustCompile("`[^`]*\n[ \t]+")},
	{"indented line behind a quote", regexp.MustCompile(`(?m)>.*\n {4,}`)},
	{"list below an empty marker", regexp.MustCompile(`(?m)([-+*]|\d[.)])[ \t]*\n[ >]*([-+*]|\d+[.)])[ \t]`)},
	{"tab around a marker", regexp.MustCompile(`\t`)},
	{"two blank lines behind an empty item", regexp.MustCompile(`(?m)([-+*]|\d[.)])[ \t]*\n[ \t>]*\n[ \t>]*\n`)},
	{"code behind a bracket", regexp.MustCompile("(?s)\\[.*`.*`")},
	{"emphasis beside an image in an image", regexp.MustCompile(`!\[[\s\S]*!?\[[\s\S]*\]`)},
}

// several is the name for texts that need more than one remedy.
const several = "several of these"

// TestParseLikeReference compares trees with those of the reference. The number of differences is
// pinned: look at a new one.
func TestParseLikeReference(t *testing.T) {
	ref := startReference(t)
	texts := corpus(t, ref, 1, 4000)
	pure, _ := ref.ask(t, request{Op: "read", Texts: texts})
	got := map[string]int{}
	for i, text := range texts {
		ours, err := markdown.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if is := outline(ours); is != outline(pure.Trees[i].node()) {
			got[difference(t, ref, text, is)]++
		}
	}
	want := map[string]int{
		"reference first in a paragraph": 139, "break in a cell": 24, "whole alternative text": 33, "deeper than 20": 2, several: 1,
		"code behind a bracket": 3, "list below an empty marker": 1, "tab around a marker": 3, "emphasis beside an image in an image": 1,
	}
	if !maps.Equal(got, want) {
		t.Errorf("of %d texts these are read otherwise: %v, want %v", len(texts), got, want)
	}
}

// difference returns the name of the change by which the reference reads a text like us.
func difference(t *testing.T, ref *reference, text, ours string) string {
	t.Helper()
	for _, name := range remedies {
		if reading(t, ref, text, name) == ours {
			return name
		}
	}
	if reading(t, ref, text, remedies...) == ours {
		return several
	}
	for _, quirk := range quirks {
		if quirk.in.MatchString(text) {
			return quirk.name
		}
	}
	t.Errorf("%q is read as\n%s\nwant\n%s", text, ours, reading(t, ref, text, remedies...))
	return "unknown"
}

func reading(t *testing.T, ref *reference, text string, remedies ...string) string {
	t.Helper()
	read, _ := ref.ask(t, request{Op: "read", Texts: []string{text}, Remedies: remedies})
	return outline(read.Trees[0].node())
}
