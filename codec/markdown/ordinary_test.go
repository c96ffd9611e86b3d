package markdown_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// record is a text such as people write, in the form in which the reference writes it.
func record(r *rand.Rand) string {
	blocks := []string{"# " + words(r)}
	for last := -1; len(blocks) < 12; {
		kind := r.IntN(8)
		if kind == last && kind < 2 {
			continue // two lists of a kind would be one
		}
		last = kind
		blocks = append(blocks, block(r, kind))
	}
	return strings.Join(blocks, "\n\n")
}

func block(r *rand.Rand, kind int) string {
	switch kind {
	case 0:
		return fmt.Sprintf("* %s\n\n  %s\n\n  1. %s\n  2. %s\n\n* %s", words(r), words(r), words(r), words(r), words(r))
	case 1:
		return fmt.Sprintf("9. %s\n\n10. %s\n\n    > %s", words(r), words(r), words(r))
	case 2:
		return "> " + words(r) + "\n>\n> " + words(r)
	case 3:
		return "```go\nfunc f() {\n\n\treturn \"`*_\"\n}\n```"
	case 4:
		return fmt.Sprintf("| %s | %s |\n| --- | --: |\n| a \\| b | %s |\n|  | %s |", words(r), words(r), words(r), words(r))
	case 5:
		return strings.Repeat("#", 1+r.IntN(6)) + " " + words(r)
	case 6:
		return "---"
	}
	return words(r) + "\\\n" + words(r)
}

// words are a few, some of them marked, with a blank between them.
func words(r *rand.Rand) string {
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

// TestOrdinary finds no difference at all in texts such as people write.
func TestOrdinary(t *testing.T) {
	ref := startReference(t)
	r := rand.New(rand.NewPCG(6, 0))
	texts := make([]string, 500)
	for i := range texts {
		texts[i] = record(r)
	}
	read, _ := ref.ask(t, request{Op: "read", Texts: texts})
	written, _ := ref.ask(t, request{Op: "write", Trees: read.Trees})
	for i, text := range texts {
		doc := parse(t, text)
		if got, want := outline(doc), outline(read.Trees[i].node()); got != want {
			t.Errorf("%s\nis read as\n%s\nwant\n%s", text, got, want)
		}
		if got := markdown.Format(doc); got != written.Texts[i] {
			t.Errorf("written\n%s\nwant\n%s", got, written.Texts[i])
		}
		if t.Failed() {
			return
		}
	}
}
