package recordsync

import (
	"strings"
	"unicode"
)

// likeness compares two texts by their lines, blank ones left out, and by pairs of
// neighbouring words of a line, the first of which has the start of the line as neighbour.
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

// goBack turns the likeness to a text into that to an older text.
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

// most reports that theirs has most of the text: half of its lines or three of four pairs.
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

// tally counts the parts of a text, and how many of them are expected.
type tally struct {
	expected  map[[2]string]int // less those of the text: how many more would be shared
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
