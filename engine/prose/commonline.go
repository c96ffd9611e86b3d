package prose

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/align"
)

// commonLine is withCommon for lines. It returns false if both sides have nothing in common that
// the base lacks.
func commonLine(base, ours, theirs []markdown.Node) (common []markdown.Node, ok bool) {
	s := &symbols{known: make(map[string]rune)}
	b := s.line(base)
	o, t := changedSide(b, s.line(ours)), changedSide(b, s.line(theirs))
	var out line
	for i := range b.text {
		if o.of[i] < 0 || t.of[i] < 0 {
			continue
		}
		found := out.appendCommon(o.until(o.of[i]), t.until(t.of[i]))
		out.keep(b.text, i, b.marks[i])
		o.taken, t.taken, ok = o.of[i]+1, t.of[i]+1, ok || found
	}
	found := out.appendCommon(o.until(len(o.text)), t.until(len(t.text)))
	return s.nodes(out), ok || found
}

// lineSide is one side of commonLine.
type lineSide struct {
	change

	kept  []bool // for each character, whether the base has it
	taken int    // how many characters are compared already
}

func changedSide(base, to line) lineSide {
	s := lineSide{change: changed(base, to), kept: make([]bool, len(to.text))}
	for _, j := range s.of {
		if j >= 0 {
			s.kept[j] = true
		}
	}
	return s
}

// until returns the part that follows what is compared already.
func (s *lineSide) until(end int) linePart {
	return linePart{s.part(s.taken, end), s.kept[s.taken:end]}
}

// linePart is a part of a side.
type linePart struct {
	line

	kept []bool
}

// split returns the characters that the base has, and those that it lacks.
func (p linePart) split() (kept, added line) {
	for i, marks := range p.marks {
		if p.kept[i] {
			kept.keep(p.text, i, marks)
		} else {
			added.keep(p.text, i, marks)
		}
	}
	return kept, added
}

func (p linePart) from(start, end int) linePart {
	return linePart{p.part(start, end), p.kept[start:end]}
}

// appendCommon appends the words that two parts have in common, in their order, and the words of
// the base that one of them has. There is none that both have. Between two common words, the text
// of one part may continue that of the other, as while it is being typed. If the common words are
// less than a third of those that the base lacks, of the part with fewer, both may have them by
// chance: then they are not appended, and it returns false.
func (l *line) appendCommon(ours, theirs linePart) (found bool) {
	oursKept, oursAdded := ours.split()
	theirsKept, theirsAdded := theirs.split()
	a, b := onlyWords(ours.text), onlyWords(theirs.text)
	var common line
	n, from, start := 0, 0, 0
	for i, j := range align.Match(spelled(a), spelled(b)) { // their ends match
		if j < 0 {
			continue
		}
		o, oAdded := ours.from(from, a[i].at).split()
		t, tAdded := theirs.from(start, b[j].at).split()
		same := shorter(oAdded, tAdded)
		n += countWordsOf(same)
		common.appendApart(same)
		common.appendApart(o)
		common.appendApart(t)
		if i+1 < len(a) {
			size := utf8.RuneCountInString(a[i].text)
			from, start = a[i].at+size, b[j].at+size
			common.appendApart(ours.part(a[i].at, from))
			n++
		}
	}
	if n == 0 || 3*n < min(countWordsOf(oursAdded), countWordsOf(theirsAdded)) {
		l.appendApart(oursKept)
		l.appendApart(theirsKept)
		return false
	}
	l.appendApart(common)
	return true
}

// shorter returns the text that the other begins or ends with; an empty one if neither does.
func shorter(a, b line) line {
	if len(a.text) > len(b.text) {
		a, b = b, a
	}
	if hasPrefix(b.text, a.text) || hasSuffix(b.text, a.text) {
		return a
	}
	return line{}
}

// onlyWords returns the words of a text, without characters outside of words, and its end.
func onlyWords(text []rune) []word {
	return slices.DeleteFunc(words(text), func(w word) bool {
		r, _ := utf8.DecodeRuneInString(w.text)
		return w.text != "" && !unicode.In(r, unicode.L, unicode.N, unicode.M) && r < firstSymbol
	})
}

func countWordsOf(l line) int { return len(onlyWords(l.text)) - 1 }
