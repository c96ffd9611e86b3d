package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// goesOn says whether a block says what another does and more: both go back to a third,
// and whoever wrote further began with what is in text. So it is of a paragraph that was
// saved somewhere while somebody was typing in it. Only the text may differ.
func goesOn(base, text, further *markdown.Node) bool {
	if !holdsLine(base) || !sameHead(base, text) || !sameHead(base, further) {
		return false
	}
	s := &styled{known: make(map[string]rune)}
	return extends(s.line(base.Content), s.line(text.Content), s.line(further.Content))
}

// sameHead says whether two blocks are the same but for what is in them.
func sameHead(a, b *markdown.Node) bool {
	return a.Name == b.Name && string(appendAttrs(nil, a.Attrs)) == string(appendAttrs(nil, b.Attrs))
}

// styled gives each character with its marks, and each picture or reference, a number.
type styled struct{ known map[string]rune }

func (s *styled) line(nodes []markdown.Node) (line []rune) {
	for _, n := range nodes {
		if n.Name != markdown.Text {
			line = append(line, s.of(n))
			continue
		}
		for _, r := range n.Text {
			line = append(line, s.of(markdown.Node{Name: n.Name, Text: string(r), Marks: n.Marks}))
		}
	}
	return line
}

func (s *styled) of(n markdown.Node) rune {
	k := key(n)
	r, ok := s.known[k]
	if !ok {
		r = rune(len(s.known))
		s.known[k] = r
	}
	return r
}

// extends compares what three lines have between a start and an end that they share:
// what was written in text is where further begins or ends, or both were deleted from
// the same side.
func extends(base, text, further []rune) bool {
	for len(base) > 0 && len(text) > 0 && len(further) > 0 && base[0] == text[0] && base[0] == further[0] {
		base, text, further = base[1:], text[1:], further[1:]
	}
	for b, t, f := len(base)-1, len(text)-1, len(further)-1; b >= 0 && t >= 0 && f >= 0 && base[b] == text[t] && base[b] == further[f]; b, t, f = b-1, t-1, f-1 {
		base, text, further = base[:b], text[:t], further[:f]
	}
	return hasPrefix(further, text) || hasSuffix(further, text) ||
		hasPrefix(base, text) && hasPrefix(text, further) || hasSuffix(base, text) && hasSuffix(text, further)
}

func hasPrefix(of, prefix []rune) bool {
	return len(of) >= len(prefix) && slices.Equal(of[:len(prefix)], prefix)
}

func hasSuffix(of, suffix []rune) bool {
	return len(of) >= len(suffix) && slices.Equal(of[len(of)-len(suffix):], suffix)
}
