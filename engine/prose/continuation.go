package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// isContinuation reports whether further continues text: both were made from base, and in further
// more was typed, or deleted, at the same place. An example of text is a paragraph that was saved
// while it was being typed.
func isContinuation(base, text, further *markdown.Node) bool {
	if !holdsLine(base) || !sameHead(base, text) || !sameHead(base, further) {
		return false
	}
	s := &characterKeys{styles: make(map[string]int), known: make(map[styledRune]rune)}
	return extends(s.line(base.Content), s.line(text.Content), s.line(further.Content))
}

// sameHead reports whether two blocks are equal but for their content.
func sameHead(a, b *markdown.Node) bool {
	return a.Name == b.Name &&
		string(appendAttrs(nil, a.Attrs)) == string(appendAttrs(nil, b.Attrs))
}

// characterKeys assigns a number to each character with its marks, and to each image or reference.
type characterKeys struct {
	styles map[string]int
	known  map[styledRune]rune
}

// styledRune is a character and a number for its marks. An inline node other than text is a blank
// and a number for the node.
type styledRune struct {
	style int
	r     rune
}

func (s *characterKeys) line(nodes []markdown.Node) (line []rune) {
	for _, n := range nodes {
		text := n.Text
		if n.Name == markdown.Text {
			n.Text = ""
		} else {
			text = " "
		}
		style := s.style(n)
		for _, r := range text {
			line = append(line, s.of(styledRune{style, r}))
		}
	}
	return line
}

func (s *characterKeys) style(n markdown.Node) int {
	k := key(n)
	i, ok := s.styles[k]
	if !ok {
		i = len(s.styles)
		s.styles[k] = i
	}
	return i
}

func (s *characterKeys) of(c styledRune) rune {
	r, ok := s.known[c]
	if !ok {
		r = rune(len(s.known))
		s.known[c] = r
	}
	return r
}

// extends reports whether further continues text. It compares the lines without their common start
// and end: further begins or ends with text, or both were deleted from the same end of base.
func extends(base, text, further []rune) bool {
	shortest := min(len(base), len(text), len(further))
	start := 0
	for start < shortest && base[start] == text[start] && base[start] == further[start] {
		start++
	}
	base, text, further = base[start:], text[start:], further[start:]
	for b, t, f := len(base), len(text), len(further); min(b, t, f) > 0; {
		if b, t, f = b-1, t-1, f-1; base[b] != text[t] || base[b] != further[f] {
			break
		}
		base, text, further = base[:b], text[:t], further[:f]
	}
	return hasPrefix(further, text) || hasSuffix(further, text) ||
		hasPrefix(base, text) && hasPrefix(text, further) ||
		hasSuffix(base, text) && hasSuffix(text, further)
}

func hasPrefix(of, prefix []rune) bool {
	return len(of) >= len(prefix) && slices.Equal(of[:len(prefix)], prefix)
}

func hasSuffix(of, suffix []rune) bool {
	return len(of) >= len(suffix) && slices.Equal(of[len(of)-len(suffix):], suffix)
}
