package markdown

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestSimpleLine shows that a line that is read without goldmark is read like by goldmark.
func TestSimpleLine(t *testing.T) {
	pieces := []string{"a", "Z7", " ", " ", "*", "*", "**", " *a", "b*", "**c", " **d", "e** ",
		"***", "!", "#", "(", ")", "|", "~", "+ ", "-", "=", ":", ".", ">", "\"", "'", "{",
		"é", "\u00a0", "\u2028", "\ufeff", "\ufffd", "😀", "http://a.b", "1. ", "- ", "# ", "> ",
		"\t", "\v", "\f", "\x7f",
		"\\", "`", "_", "[", "]", "<", "&", "\n", "\r", "\x01"}
	r := rand.New(rand.NewPCG(12, 0))
	plain, emphasis := 0, 0
	for range 500_000 {
		text := ""
		for range 1 + r.IntN(8) {
			text += pieces[r.IntN(min(len(pieces), 8+r.IntN(len(pieces))))]
		}
		nodes, ok := simpleLine(text)
		if !ok {
			continue
		}
		if plain++; strings.Contains(text, "*") {
			emphasis++
		}
		want, tooMany := new(reader).readWithLimit(text, r.IntN(2) == 0, delimitersIn(len(text)))
		if tooMany || !equalLines(nodes, want) {
			t.Fatalf("%q is read as %+v, want %+v", text, nodes, want)
		}
	}
	if plain < 10_000 || emphasis < 1000 {
		t.Errorf("only %d are simple, and %d with emphasis", plain, emphasis)
	}
}

// TestSimpleLineManyAsterisks shows that in a line with too many asterisks none has an effect.
func TestSimpleLineManyAsterisks(t *testing.T) {
	for _, words := range []int{minDelimiters/2 - 1, minDelimiters / 2, minDelimiters/2 + 1, 3000} {
		text := strings.Repeat("a *b* ", words) + strings.Repeat("c", maxLineWork/minDelimiters)
		got, tooMany := new(reader).readWithLimit(text, false, delimitersIn(len(text)))
		if tooMany {
			got, _ = new(reader).readWithLimit(text, false, 0)
		}
		if !equalLines(new(reader).line(text), got) {
			t.Errorf("%d words in asterisks are read in another way", words)
		}
	}
}

// TestOnlyParagraph shows that a line that can be nothing but a paragraph, or a heading behind "#
// ", is read like a whole text.
func TestOnlyParagraph(t *testing.T) {
	pieces := []string{"a", "Z", "7", " ", "  ", "!", "#", "(", ")", "|", "~", "+", "-", "=", ":", ".", ">", "\"", "é", "\u00a0", "\u2028", "\ufeff",
		"\ufffd", "\u0085", "&#32;", "\\", "`", "*", "_", "[", "]", "<", "]: b", "<br>", "http://a.b", "---", "==="}
	r := rand.New(rand.NewPCG(13, 0))
	for range 50_000 {
		text := []string{"a", "é", "\u00a0", "\ufeff", "\u2028", "\u0085"}[r.IntN(6)]
		for range r.IntN(8) {
			text += pieces[r.IntN(len(pieces))]
		}
		check := func(is bool, name, markdown string) {
			if !is {
				return
			}
			doc, err := Parse(markdown)
			if err != nil || len(doc.Content) != 1 || doc.Content[0].Name != name ||
				!equalLines(doc.Content[0].Content, new(reader).line(text)) {
				t.Fatalf("%q: %+v", markdown, doc)
			}
		}
		check(isOnlyParagraph(text), Paragraph, text)
		check(isOnlyHeading(text), Heading, "# "+text)
	}
}
