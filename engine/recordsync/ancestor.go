package recordsync

import (
	"strings"
	"unicode"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/linepatch"
)

// ancestor returns the text that theirs was made from: the text of the merge base or, with stale
// set, an earlier text that is more similar to theirs. ok is false if the text of the merge base is
// not known.
//
// An editor without a session, such as CivicPress' in single-user mode, saves the text that it was
// opened with and its user's changes. The drafts that were saved here meanwhile are missing in that
// text, but were not deleted. A text that was made from the newer of two texts has the words that
// were inserted between them and lacks those that were deleted, so it differs less from the newer.
func ancestor(theirs string, base mergeBase, t *baseText) (text string, stale, ok bool) {
	if text, ok = t.textOf(base); !ok || len(t.earlier) == 0 {
		return text, false, ok
	}
	like := likenessOf(theirs, text)
	least := like.pairs.difference()
	for newer, i := text, 0; i < len(t.earlier); i++ {
		older, ok := patched(newer, t.earlier[i])
		if !ok {
			break
		}
		like.goBack(newer, older)
		if d := like.pairs.difference(); like.most() && d < least {
			text, least, stale = older, d, true
		}
		newer = older
	}
	return text, stale, true
}

// had reports whether a text was that of a merge base before b, as far as those are kept.
func (t *baseText) had(text string, b mergeBase) bool {
	older, ok := t.textOf(b)
	for i := 0; ok && i < len(t.earlier); i++ {
		if older, ok = patched(older, t.earlier[i]); ok && older == text {
			return true
		}
	}
	return false
}

// textOf returns the text of a merge base, if it is known.
func (t *baseText) textOf(b mergeBase) (text string, ok bool) {
	text, ok = decompress(t.current)
	return text, ok && hashOf(text) == b.hash
}

// patched applies a compressed line patch to a text.
func patched(text string, patch []byte) (string, bool) {
	lines, ok := decompress(patch)
	if !ok {
		return "", false
	}
	text, err := linepatch.Apply(text, []byte(lines), markdown.MaxSize)
	return text, err == nil
}

// likeness compares two texts by their lines, without blank ones, and by the pairs of neighbouring
// words in each line. The first word of a line is also paired with the start of the line.
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

func (l *likeness) add(line string) { eachLinePart(line, l.lines.add, l.pairs.add) }

func (l *likeness) remove(line string) { eachLinePart(line, l.lines.remove, l.pairs.remove) }

// goBack changes l from the comparison with newer to that with older. It counts only the lines
// between the first and the last that differ.
func (l *likeness) goBack(newer, older string) {
	a, b := linepatch.Lines(newer), linepatch.Lines(older)
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

// most reports whether theirs has most of the text: at least half of its lines, or three of four
// pairs.
func (l *likeness) most() bool {
	lines := l.lines.shared > 0 && 2*l.lines.shared >= l.lines.n
	pairs := l.pairs.shared > 0 && 4*l.pairs.shared >= 3*l.pairs.n
	return lines || pairs
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

// tally counts the parts of a text, and how many of them are expected.
type tally struct {
	expected  map[[2]string]int // minus those of the text: how many more would be shared
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

// difference counts the parts that only one of the texts has.
func (t *tally) difference() int { return t.n + t.nExpected - 2*t.shared }
