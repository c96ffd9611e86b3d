package prose

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// TestMergeBlocks checks merges of small texts, and their conflicts.
func TestMergeBlocks(t *testing.T) {
	for name, c := range map[string]struct{ base, ours, theirs, want, conflicts string }{
		"nothing changed":                   {"a", "a", "a", "a", ""},
		"different blocks":                  {"a\n\nb", "a 1\n\nb", "a\n\nb 2", "a 1\n\nb 2", ""},
		"both changed the same":             {"a\n\nb", "a x\n\nb", "a x\n\nb 2", "a x\n\nb 2", ""},
		"the same block":                    {"a\n\non Monday\n\nc", "a\n\non Tuesday\n\nc", "a\n\non Friday\n\nc d", "a\n\non Tuesday\n\nc d", "paragraph 2"},
		"the same block, different words":   {"one two three", "1 two three", "one two 3", "1 two three", "paragraph 1"},
		"two of them":                       {"# a\n\nb", "# x\n\nbo", "# y\n\nbt", "# x\n\nbo", "heading 1; paragraph 1"},
		"theirs is on the way to ours":      {"a b", "a better", "a bet", "a better", ""},
		"ours is on the way to theirs":      {"a b", "a bet", "a better", "a better", ""},
		"theirs deleted a part of what we":  {"one two three", "three", "one three", "three", ""},
		"insertions in one place":           {"a\n\nb", "a\n\nx\n\nb", "a\n\ny\n\nb", "a\n\nx\n\ny\n\nb", ""},
		"the same inserted":                 {"a", "a\n\nx", "a\n\nx\n\ny", "a\n\nx\n\ny", ""},
		"ours deleted what theirs left":     {"a\n\nb", "a", "a\n\nb", "a", ""},
		"theirs deleted what ours left":     {"a\n\nb", "a\n\nb", "a", "a", ""},
		"ours deleted what theirs changed":  {"a\n\nb\n\nc", "a\n\nc", "a\n\nb 2\n\nc", "a\n\nc", "paragraph 2, deleted"},
		"theirs deleted what ours changed":  {"a\n\nb\n\nc", "a\n\nb 1\n\nc", "a\n\nc", "a\n\nb 1\n\nc", "paragraph 2"},
		"both deleted":                      {"a\n\nb", "a", "a", "a", ""},
		"items":                             {"* a\n* b", "* a\n* x\n* b", "* a\n* b\n* y", "* a\n\n* x\n\n* b\n\n* y", ""},
		"different items":                   {"p\n\n* a\n* b", "p\n\n* a 1\n* b", "p\n\n* a\n* b 2", "p\n\n* a 1\n\n* b 2", ""},
		"the same item":                     {"1. q\n\n* a\n* b", "1. q\n\n* a\n* b 1", "1. q\n\n* a\n* b 2", "1. q\n\n* a\n\n* b 1", "bullet_list 1, list_item 2, paragraph 1"},
		"different cells":                   {"| a | b |\n| --- | --- |", "| a1 | b |\n| --- | --- |", "| a | b2 |\n| --- | --- |", "| a1 | b2 |\n| --- | --- |", ""},
		"the same cell":                     {"| a | b |\n| --- | --- |", "| a | b1 |\n| --- | --- |", "| a | b2 |\n| --- | --- |", "| a | b1 |\n| --- | --- |", "table 1, table_row 1, table_header 2, paragraph 1"},
		"a column and a cell":               {"| a |\n| --- |", "| a | b |\n| --- | --- |", "| x |\n| --- |", "| a | b |\n| --- | --- |", "table 1"},
		"a column and a row":                {"| a |\n| --- |", "| a | b |\n| --- | --- |", "| a |\n| --- |\n| 1 |", "| a | b |\n| --- | --- |", "table 1"},
		"a row each":                        {"| a |\n| --- |\n| 1 |", "| a |\n| --- |\n| 0 |\n| 1 |", "| a |\n| --- |\n| 1 |\n| 2 |", "| a |\n| --- |\n| 0 |\n| 1 |\n| 2 |", ""},
		"code":                              {"```\na\nb\n```", "```\na\nb\nc\n```", "```\nx\nb\n```", "```\na\nb\nc\n```", "code_block 1"},
		"a quotation":                       {"> a\n>\n> b", "> a 1\n>\n> b", "> a\n>\n> b 2", "> a 1\n>\n> b 2", ""},
		"marks on the same":                 {"one two", "**one** two", "*one* two", "**one** two", "paragraph 1"},
		"a level and a word":                {"# a", "## a", "# a b", "## a", "heading 1"},
		"from nothing":                      {"", "a", "b", "a\n\nb", ""},
		"all is deleted, and one is edited": {"a\n\nb", "", "a\n\nb c", "", "paragraph 1, deleted"},
		"the block behind one of ours":      {"a\n\nb", "a\n\nnew\n\nb 1", "a\n\nb 2", "a\n\nnew\n\nb 1", "paragraph 3"},
	} {
		t.Run(name, func(t *testing.T) {
			merged, conflicts := MergeBlocks(parse(t, c.base), parse(t, c.ours), parse(t, c.theirs))
			if got := markdown.Format(merged); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if got := conflictNames(conflicts); got != c.conflicts {
				t.Errorf("conflicts %q, want %q", got, c.conflicts)
			}
		})
	}
}

// conflictNames returns the paths of conflicts.
func conflictNames(conflicts []Conflict) string {
	var all []string
	for _, c := range conflicts {
		var steps []string
		for _, s := range c.Path {
			steps = append(steps, fmt.Sprint(s.Name, " ", s.Number))
		}
		if c.Deleted {
			steps = append(steps, "deleted")
		}
		all = append(all, strings.Join(steps, ", "))
	}
	return strings.Join(all, "; ")
}

// TestMergeBlocksLosesNothing merges records that were changed at random on both sides. The result
// has all of ours, and all of theirs unless there are conflicts.
func TestMergeBlocksLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 0))
	clean, torn := 0, 0
	for range 150 {
		base := strings.Split(texts.Record(r), "\n\n")
		ours, theirs := editRandomly(r, base, "our"), editRandomly(r, base, "their")
		b, o, h := parse(t, strings.Join(base, "\n\n")), parse(t, strings.Join(ours, "\n\n")),
			parse(t, strings.Join(theirs, "\n\n"))
		got, conflicts := MergeBlocks(b, o, h)
		all := markdown.Format(got)
		if want, is := strings.Count(markdown.Format(o), "our"), strings.Count(all, "our"); is < want {
			t.Fatalf("%d of %d words of ours in\n%s", is, want, all)
		}
		want, is := strings.Count(markdown.Format(h), "their"), strings.Count(all, "their")
		if len(conflicts) == 0 {
			clean++
		} else {
			torn++
		}
		if is < want && len(conflicts) == 0 {
			t.Fatalf("%d of %d words of theirs, and no conflict, in\n%s", is, want, all)
		}
		for _, same := range [][3]markdown.Node{{b, o, b}, {b, o, o}, {o, o, o}} {
			if merged, conflicts := MergeBlocks(same[0], same[1], same[2]); !equal(merged, Storable(o)) || len(conflicts) > 0 {
				t.Fatalf("a merge with nothing changed on their side changed something, or has %v, in\n%s", conflicts, markdown.Format(o))
			}
		}
		if merged, conflicts := MergeBlocks(b, b, h); !equal(merged, Storable(h)) ||
			len(conflicts) > 0 {
			t.Fatalf("a merge with nothing changed on our side is not theirs, or has %v, in\n%s",
				conflicts, markdown.Format(h))
		}
	}
	if clean < 30 || torn < 10 {
		t.Errorf("%d merges without conflicts and %d with some: one sort is hardly tried", clean,
			torn)
	}
}

// TestMergeOfManyBlocks merges a record with many blocks, one of which is very long.
func TestMergeOfManyBlocks(t *testing.T) {
	var list []markdown.Node
	for i := range 20_000 {
		list = append(list, markdown.Node{Name: markdown.Paragraph,
			Content: []markdown.Node{{Name: markdown.Text, Text: fmt.Sprint(i)}}})
	}
	line := strings.Repeat("a long line ", 100_000)
	change := func(at int, text string) markdown.Node {
		to := slices.Clone(list)
		to[at].Content = []markdown.Node{{Name: markdown.Text, Text: text}}
		return markdown.Node{Name: markdown.Doc,
			Content: append(to, markdown.Node{Name: markdown.Paragraph,
				Content: []markdown.Node{{Name: markdown.Text, Text: line + text}}})}
	}
	base := change(0, "0")
	merged, conflicts := MergeBlocks(base, change(7_000, "ours"), change(15_000, "theirs"))
	if n := len(merged.Content); n != len(base.Content) ||
		merged.Content[7_000].Content[0].Text != "ours" ||
		merged.Content[15_000].Content[0].Text != "theirs" {
		t.Errorf("%d blocks", n)
	}
	if got := conflictNames(conflicts); got != "paragraph 20001" {
		t.Errorf("conflicts %q", got)
	}
}

// TestIsContinuation checks which texts continue another.
func TestIsContinuation(t *testing.T) {
	for _, c := range []struct {
		base, text, further string
		want                bool
	}{
		{"", "", "", true},
		{"a", "ab", "abc", true},
		{"a", "abc", "ab", false},
		{"abc", "ab", "a", true},
		{"abc", "bc", "c", true},
		{"a b c", "ax b c", "ax b cy", true},
		{"a b c", "a b cy", "ax b cy", true},
		{"a b", "a x b", "a x y b", true},
		{"a b", "a x b", "a y b", false},
		{"on Monday", "on Tue", "on Tuesday", true},
		{"on Monday", "on Friday", "on Tuesday", false},
		{"a", "a our", "a some long outside wording", false},
		{"one two three", "one three", "three", true},
	} {
		if got := extends([]rune(c.base), []rune(c.text), []rune(c.further)); got != c.want {
			t.Errorf("%q to %q and on to %q: %v", c.base, c.text, c.further, got)
		}
	}
}
