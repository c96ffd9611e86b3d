package prose

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// TestMerge checks merges of small texts.
func TestMerge(t *testing.T) {
	for name, c := range map[string]struct{ base, ours, theirs, want string }{
		"nothing changed":                      {"a", "a", "a", "a"},
		"ours changed":                         {"a\n\nb", "a\n\nx", "a\n\nb", "a\n\nx"},
		"theirs changed":                       {"a\n\nb", "a\n\nb", "y\n\nb", "y\n\nb"},
		"both changed the same":                {"a", "a x", "a x", "a x"},
		"different blocks":                     {"a\n\nb", "a 1\n\nb", "a\n\nb 2", "a 1\n\nb 2"},
		"different words":                      {"one two three", "1 two three", "one two 3", "1 two 3"},
		"the same word":                        {"on Monday", "on Tuesday", "on Friday", "on Tuesday Friday"},
		"the end of one block":                 {"one", "one ours", "one theirs", "one ours theirs"},
		"one deletes a word, the other writes": {"one two three", "one three", "one two and three", "one and three"},
		"insertions in one place":              {"a\n\nb", "a\n\nx\n\nb", "a\n\ny\n\nb", "a\n\nx\n\ny\n\nb"},
		"the same inserted":                    {"a", "a\n\nx", "a\n\nx\n\ny", "a\n\nx\n\ny"},
		"ours deleted what theirs left":        {"a\n\nb", "a", "a\n\nb", "a"},
		"ours deleted what theirs changed":     {"a\n\nb", "a", "a\n\nb c", "a\n\nb c"},
		"theirs deleted what ours changed":     {"a\n\nb", "a\n\nb c", "a", "a\n\nb c"},
		"both deleted":                         {"a\n\nb", "a", "a", "a"},
		"another kind on one side":             {"a\n\nb", "a\n\n# b", "a\n\nb c", "a\n\n# b\n\nb c"},
		"items":                                {"* a\n* b", "* a\n* x\n* b", "* a\n* b\n* y", "* a\n\n* x\n\n* b\n\n* y"},
		"cells":                                {"| a | b |\n| --- | --- |", "| a1 | b |\n| --- | --- |", "| a | b2 |\n| --- | --- |", "| a1 | b2 |\n| --- | --- |"},
		"levels":                               {"# a", "## a", "# a b", "## a b"},
		"marks":                                {"one two", "**one** two", "one *two*", "**one** *two*"},
		"marks on the same":                    {"one", "**one**", "*one*", "***one***"},
		"a mark taken off":                     {"**one** two", "one two", "**one** three", "one three"},
		"pictures":                             {"![a](/u) b", "![a](/v) b", "![a](/u) c", "![a](/v) c"},
		"code":                                 {"```\na\nb\n```", "```\na\nb\nc\n```", "```\nx\nb\n```", "```\nx\nb\nc\n```"},
		"from nothing":                         {"", "a", "b", "a\n\nb"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := markdown.Format(Merge(parse(t, c.base), parse(t, c.ours), parse(t, c.theirs))); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestMergeLosesNothing merges records that were changed at random on both sides, and checks that
// all words that either side wrote are in the result.
func TestMergeLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 0))
	for range 300 {
		base := strings.Split(texts.Record(r), "\n\n")
		ours, theirs := editRandomly(r, base, "our"), editRandomly(r, base, "their")
		b, o, h := parse(t, strings.Join(base, "\n\n")), parse(t, strings.Join(ours, "\n\n")),
			parse(t, strings.Join(theirs, "\n\n"))
		got := Merge(b, o, h)
		all := markdown.Format(got)
		for side, tree := range map[string]markdown.Node{"our": o, "their": h} {
			if want, is := strings.Count(markdown.Format(tree), side), strings.Count(all, side); want > is {
				t.Fatalf("%d of %d words of %s side in\n%s", is, want, side, all)
			}
		}
		if !equal(Merge(b, o, b), Storable(o)) || !equal(Merge(b, b, h), Storable(h)) ||
			!equal(Merge(b, o, o), Storable(o)) {
			t.Fatalf("a merge with nothing changed something in\n%s", strings.Join(base, "\n\n"))
		}
	}
}

// editRandomly changes blocks at random. All text that it writes contains word.
func editRandomly(r *rand.Rand, blocks []string, word string) []string {
	blocks = slices.Clone(blocks)
	for range 1 + r.IntN(4) {
		at := r.IntN(len(blocks))
		switch r.IntN(3) {
		case 0:
			blocks = slices.Insert(blocks, at, word+" paragraph")
		case 1:
			blocks[at] += " " + word
		default:
			blocks = slices.Delete(blocks, at, at+1)
		}
	}
	return blocks
}
