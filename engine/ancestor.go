package engine

import (
	"strings"
	"unicode"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// An editor that knows nothing of rooms, such as CivicPress' in single-user mode, saves the
// text that it was opened with, changed. Drafts that were saved here meanwhile are not in
// that, and were not taken out of it by anybody.

// ancestor is the text that a record's was made of: the base, or one of those before drafts
// of ours that it is more like; that is stale. It returns false if the base's is not known.
func (p *page) ancestor(c *comparison) (text string, stale, ok bool) {
	if text, ok = p.merges(); !ok || c.change != Edited && c.change != Published {
		return text, false, ok
	}
	theirs := contentOf(c.theirs)
	_, least := theirs.compare(text)
	for older, i := text, 0; i < len(p.text.past); i++ {
		if older, ok = patched(older, p.text.past[i]); !ok {
			break
		}
		if most, differ := theirs.compare(older); most && differ < least {
			text, least, stale = older, differ, true
		}
	}
	return text, stale, true
}

// patched is what a compressed line patch makes of a text.
func patched(text string, patch []byte) (string, bool) {
	lines, ok := decompress(patch)
	if !ok {
		return "", false
	}
	text, err := applyLinePatch(text, []byte(lines), markdown.MaxSize)
	return text, err == nil
}

// content is how often a text has which lines, blank ones left out, and which pairs of
// neighbouring words in a line, the first of which has the start of the line for its neighbour.
type content struct{ lines, pairs count }

type count struct {
	of map[[2]string]int
	n  int
}

func contentOf(text string) content {
	c := content{count{of: make(map[[2]string]int)}, count{of: make(map[[2]string]int)}}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			c.lines.add("", line)
		}
		before := ""
		for word := range strings.FieldsFuncSeq(line, isBetweenWords) {
			c.pairs.add(before, word)
			before = word
		}
	}
	return c
}

func isBetweenWords(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func (c *count) add(before, s string) {
	c.of[[2]string{before, s}]++
	c.n++
}

// shared is how much is in both.
func (c count) shared(o count) (n int) {
	for s, times := range o.of {
		n += min(times, c.of[s])
	}
	return n
}

// compare says whether most of another text is in this one, half of its lines or three of
// four pairs of words, and how many pairs are in one of both only. What was written, or
// deleted, between two texts is in one that was made of the newer, so that it differs from
// that by less.
func (c content) compare(other string) (most bool, differ int) {
	o := contentOf(other)
	lines, pairs := c.lines.shared(o.lines), c.pairs.shared(o.pairs)
	most = lines > 0 && 2*lines >= o.lines.n || pairs > 0 && 4*pairs >= 3*o.pairs.n
	return most, c.pairs.n + o.pairs.n - 2*pairs
}
