package markdown_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// FuzzMarkdown checks that any text can be read, becomes stable when it is written once, and can
// seed a document.
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
		mustBeStable(t, text)
		if _, err := yjs.CheckUpdate((markdown.Schema{}).Seed(parse(t, text))); err != nil {
			t.Error(err)
		}
	})
}

// entity matches text that is read as another character after prosemirror-markdown has written it.
var entity = regexp.MustCompile(`&[#\w]+;`)

// letters returns all text in a tree, in order, without that of entities.
func letters(n markdown.Node) string {
	var b strings.Builder
	for _, r := range entity.ReplaceAllString(n.Text, "") {
		if unicode.IsLetter(r) {
			b.WriteRune(r)
		}
	}
	for _, c := range n.Content {
		b.WriteString(letters(c))
	}
	return b.String()
}

// hasLetters reports whether s has the letters of some, in order, perhaps with others between, as
// those of images that became text.
func hasLetters(s, some string) bool {
	left := []rune(some)
	for _, r := range s {
		if len(left) > 0 && left[0] == r {
			left = left[1:]
		}
	}
	return len(left) == 0
}

// TestFormatAnyTree checks that any tree is written so that it can be read again, and that no text
// is lost.
func TestFormatAnyTree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	for range 3000 {
		doc := markdown.Node{Name: markdown.Doc, Content: texts.Nodes(r, 1+r.IntN(4))}
		mustBeStableTree(t, doc)
		normal := markdown.Normalize(doc)
		if got, want := outline(markdown.Normalize(normal)), outline(normal); got != want {
			t.Errorf("normal\n%s\nis not, but\n%s", want, got)
		}
		if got, want := letters(normal), letters(doc); !hasLetters(got, want) {
			t.Errorf("text %q lacks some of %q, in\n%s", got, want, outline(doc))
		}
		if t.Failed() {
			return
		}
	}
}
