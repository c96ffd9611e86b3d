// Package texts makes Markdown and trees for tests, ordinary and odd ones. It is pure, and equal
// seeds make equal texts.
//
// Files, in layers; each uses only what is listed before it:
//
//	record.go             ordinary texts
//	odd.go                texts of random pieces
//	marked.go             trees of lines with marks anywhere
//	nodes.go              any trees
package texts

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Record returns an ordinary text, in the form in which the reference writes it.
func Record(r *rand.Rand) string {
	blocks := []string{"# " + Words(r)}
	for last := -1; len(blocks) < 12; {
		kind := r.IntN(8)
		if kind == last && kind < 2 {
			continue // two lists of a kind would be one
		}
		last = kind
		blocks = append(blocks, Block(r, kind))
	}
	return strings.Join(blocks, "\n\n")
}

// Block returns a block of one of 8 kinds.
func Block(r *rand.Rand, kind int) string {
	switch kind {
	case 0:
		return fmt.Sprintf("* %s\n\n  %s\n\n  1. %s\n  2. %s\n\n* %s", Words(r), Words(r), Words(r), Words(r), Words(r))
	case 1:
		return fmt.Sprintf("9. %s\n\n10. %s\n\n    > %s", Words(r), Words(r), Words(r))
	case 2:
		return "> " + Words(r) + "\n>\n> " + Words(r)
	case 3:
		return "```go\nfunc f() {\n\n\treturn \"`*_\"\n}\n```"
	case 4:
		return fmt.Sprintf("| %s | %s |\n| --- | --: |\n| a \\| b | %s |\n|  | %s |", Words(r), Words(r), Words(r), Words(r))
	case 5:
		return strings.Repeat("#", 1+r.IntN(6)) + " " + Words(r)
	case 6:
		return "---"
	}
	return Words(r) + "\\\n" + Words(r)
}

// Words returns a few words, some of them marked, with blanks between them.
func Words(r *rand.Rand) string {
	list := []string{
		"council", "the", "2026", "Ärger", "50%", "a_b", "C++", "(see", "below)", "fish & chips", "5 < 6", "“so”", "it's", "—", "😀",
		"*very*", "**must**", "***both***", "`code`", "``a`b``", "[minutes](https://example.org/a_(b))", "[*em*](/u \"title\")", "**[strong](/v)**",
		"<https://example.org/x>", "![map](/map.png)", "![map](/map.png \"Ward 3\")", "\\*", "\\[x\\]", "snake_case_name",
		`<!--civic-ref type="record" id="rec-1" label="Budget 2026"-->`, `<!--civic-ref type="geography" id="g" label="The &quot;North&#45;&#45;East&quot;"-->`,
	}
	out := "Item"
	for range 2 + r.IntN(6) {
		out += " " + list[r.IntN(len(list))]
	}
	return out
}
