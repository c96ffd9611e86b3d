package markdown_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// FuzzMarkdown checks that any text can be read, that writing it settles at once, and that it can seed a document.
func FuzzMarkdown(f *testing.F) {
	for _, text := range texts.Odd(4, 300) {
		f.Add(text)
	}
	for _, text := range hostile(100) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		settled(t, text)
		if _, err := codec.CheckUpdate((markdown.Schema{}).Seed(parse(t, text))); err != nil {
			t.Error(err)
		}
	})
}

var names = []string{
	markdown.Paragraph, markdown.Heading, markdown.Blockquote, markdown.HorizontalRule, markdown.CodeBlock, markdown.BulletList, markdown.OrderedList,
	markdown.ListItem, markdown.Table, markdown.TableRow, markdown.TableCell, markdown.Image, markdown.HardBreak, markdown.CivicRef, "callout", "mention",
}

var values = []any{1.0, 7.0, -1.0, 0.5, 1e300, true, "left", "/u", "javascript:x", "a\nb", "\"`~", "", []any{1.0}, map[string]any{"a": nil}}

// anyTree is a tree as no editor makes them, with words in it.
func anyTree(r *rand.Rand, depth int) markdown.Node {
	if depth == 0 || r.IntN(3) == 0 {
		return anyText(r)
	}
	n := markdown.Node{Name: names[r.IntN(len(names))], Attrs: anyAttrs(r)}
	for range r.IntN(5) {
		n.Content = append(n.Content, anyTree(r, depth-1))
	}
	return n
}

func anyAttrs(r *rand.Rand) markdown.Attrs {
	attrs := markdown.Attrs{}
	for _, name := range []string{"level", "params", "order", "align", "src", "alt", "title", "href", "refType", "id", "label"} {
		if r.IntN(2) == 0 {
			attrs[name] = values[r.IntN(len(values))]
		}
	}
	return attrs
}

func anyText(r *rand.Rand) markdown.Node {
	n := markdown.Node{Name: markdown.Text, Text: texts.Pieces(r, 1+r.IntN(4), texts.Blocks, texts.Lines, []string{"word", "\u00a0", "\t"})}
	for _, name := range []string{markdown.Link, markdown.Em, markdown.Strong, markdown.Code, "highlight"} {
		if r.IntN(4) == 0 {
			n.Marks = append(n.Marks, markdown.Mark{Name: name, Attrs: anyAttrs(r)})
		}
	}
	return n
}

// letters are those of all text in a tree, in order.
func letters(n markdown.Node) string {
	var b strings.Builder
	for _, r := range n.Text {
		if unicode.IsLetter(r) {
			b.WriteRune(r)
		}
	}
	for _, c := range n.Content {
		b.WriteString(letters(c))
	}
	return b.String()
}

// within says whether s has the letters of some, in order, perhaps with others between: those of pictures that became text.
func within(s, some string) bool {
	left := []rune(some)
	for _, r := range s {
		if len(left) > 0 && left[0] == r {
			left = left[1:]
		}
	}
	return len(left) == 0
}

// TestAnyTree checks that whatever stands in a document is written so that it is read again, and that no text is lost.
func TestAnyTree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	for range 3000 {
		doc := markdown.Node{Name: markdown.Doc}
		for range 1 + r.IntN(4) {
			doc.Content = append(doc.Content, anyTree(r, 4))
		}
		settledTree(t, doc)
		normal := markdown.Normal(doc)
		if got, want := outline(markdown.Normal(normal)), outline(normal); got != want {
			t.Errorf("normal\n%s\nis not, but\n%s", want, got)
		}
		if got, want := letters(normal), letters(doc); !within(got, want) {
			t.Errorf("text %q lacks some of %q, in\n%s", got, want, outline(doc))
		}
		if t.Failed() {
			return
		}
	}
}
