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
//
// What was written, or deleted, between two texts is in one that was made of the newer, so
// that it differs from that by less.
func (p *page) ancestor(c *comparison) (text string, stale, ok bool) {
	if text, ok = p.merges(); !ok || c.change != Edited && c.change != Published || len(p.text.past) == 0 {
		return text, false, ok
	}
	like := likenessOf(c.theirs, text)
	least := like.pairs.differ()
	for newer, i := text, 0; i < len(p.text.past); i++ {
		older, ok := patched(newer, p.text.past[i])
		if !ok {
			break
		}
		like.goBack(newer, older)
		if differ := like.pairs.differ(); like.most() && differ < least {
			text, least, stale = older, differ, true
		}
		newer = older
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

// likeness is what a text has of another one: lines, blank ones left out, and pairs of
// neighbouring words in a line, the first of which has the start of the line for its neighbour.
type likeness struct{ lines, pairs tally }

func likenessOf(theirs, text string) likeness {
	l := likeness{newTally(), newTally()}
	for line := range strings.Lines(theirs) {
		eachLinePart(line, l.lines.expect, l.pairs.expect)
	}
	for line := range strings.Lines(text) {
		l.add(line)
	}
	return l
}

func (l *likeness) add(line string)    { eachLinePart(line, l.lines.add, l.pairs.add) }
func (l *likeness) remove(line string) { eachLinePart(line, l.lines.remove, l.pairs.remove) }

// goBack makes of the likeness to a text that to an older one.
func (l *likeness) goBack(newer, older string) {
	a, b := lines(newer), lines(older)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	for _, line := range a {
		l.remove(line)
	}
	for _, line := range b {
		l.add(line)
	}
}

// most says whether theirs has most of the text, half of its lines or three of four pairs.
func (l *likeness) most() bool {
	return l.lines.shared > 0 && 2*l.lines.shared >= l.lines.n || l.pairs.shared > 0 && 4*l.pairs.shared >= 3*l.pairs.n
}

// eachLinePart calls f for a line that is not blank, and g for each pair of words in it.
func eachLinePart(line string, f, g func([2]string)) {
	line = strings.TrimSpace(line)
	if line == "" {
		return
	}
	f([2]string{"", line})
	before := ""
	for word := range strings.FieldsFuncSeq(line, isBetweenWords) {
		g([2]string{before, word})
		before = word
	}
}

func isBetweenWords(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// tally counts what a text has, and what of that is expected.
type tally struct {
	expected  map[[2]string]int // less what the text has: how often more it would be shared
	nExpected int
	n, shared int
}

func newTally() tally { return tally{expected: make(map[[2]string]int)} }

func (t *tally) expect(s [2]string) {
	t.expected[s]++
	t.nExpected++
}

func (t *tally) add(s [2]string) {
	t.n++
	left, ok := t.expected[s]
	if !ok {
		return
	}
	if left > 0 {
		t.shared++
	}
	t.expected[s] = left - 1
}

func (t *tally) remove(s [2]string) {
	t.n--
	left, ok := t.expected[s]
	if !ok {
		return
	}
	if left >= 0 {
		t.shared--
	}
	t.expected[s] = left + 1
}

// differ is how much is in one of both only.
func (t *tally) differ() int { return t.n + t.nExpected - 2*t.shared }
