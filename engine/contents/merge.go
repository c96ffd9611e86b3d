package contents

import (
	"strings"
	"unicode/utf8"
)

// Conflict is a place where both sides of a merge changed the same words in different ways: these
// words in the base, and on both sides.
type Conflict struct{ Base, Mine, Theirs string }

// Merge merges two changes of a base, word by word. What either side has inserted or deleted is so
// in the result; of two texts at one place theirs comes first, unless that makes one word of
// two, and a change that both have made counts once. With conflicts there is no result.
func Merge(base, mine, theirs string) (merged string, conflicts []Conflict) {
	m := merger{base: base, mine: diff(base, mine), theirs: diff(base, theirs)}
	for len(m.mine) > 0 || len(m.theirs) > 0 {
		m.next()
	}
	if m.out.WriteString(base[m.done:]); len(m.conflicts) > 0 {
		return "", m.conflicts
	}
	return m.out.String(), nil
}

type merger struct {
	base         string
	mine, theirs []hunk // that are not merged yet
	done         int    // bytes of the base that are merged
	out          strings.Builder
	conflicts    []Conflict
}

// next merges the hunks that come first, with all that they overlap.
func (m *merger) next() {
	switch {
	case len(m.theirs) == 0:
		m.take(&m.mine)
	case len(m.mine) == 0:
		m.take(&m.theirs)
	case m.mine[0] == m.theirs[0]:
		m.take(&m.theirs)
		m.mine = m.mine[1:]
	case overlap(m.mine[0], m.theirs[0]) || m.touch():
		m.conflict()
	case isBefore(m.theirs[0], m.mine[0]) && !m.swapped():
		m.take(&m.theirs)
	default:
		m.take(&m.mine)
	}
}

// take merges the first of some hunks.
func (m *merger) take(hunks *[]hunk) {
	h := (*hunks)[0]
	m.out.WriteString(m.base[m.done:h.from])
	m.out.WriteString(h.text)
	m.done, *hunks = h.to, (*hunks)[1:]
}

// overlap reports whether two hunks change the same part of the base: both change a character, or
// one inserts in the middle of what the other one changes.
func overlap(a, b hunk) bool { return a.from < b.to && b.from < a.to }

// isBefore reports whether hunk a comes before b, which it does not overlap. Of two at one place
// the one that only inserts does, and a before b.
func isBefore(a, b hunk) bool {
	if a.from == b.from && a.from == a.to != (b.from == b.to) {
		return a.from == a.to
	}
	return a.from <= b.from
}

// touch reports whether one side changes what comes right before a change of the other one, and
// both together would make one word of two that the base has, or neither side.
func (m *merger) touch() bool {
	first, next := m.mine[0], m.theirs[0]
	if isBefore(next, first) {
		first, next = next, first
	}
	if first.to != next.from || first.from == first.to {
		return false
	}
	before := m.base[:first.from]
	if first.text != "" {
		before = first.text
	}
	return joins(before, next.text) && !joins(m.base[:first.to], m.base[next.from:])
}

// swapped reports whether both sides insert at one place, and mine has to come first so that no
// word of it continues one of theirs.
func (m *merger) swapped() bool {
	mine, theirs := m.mine[0], m.theirs[0]
	return mine.from == theirs.from && mine.from == mine.to && theirs.from == theirs.to &&
		joins(theirs.text, mine.text) && !joins(mine.text, theirs.text)
}

// joins reports whether a text begins with a letter, and the one before it ends with one.
func joins(before, text string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(text)
	return isLetter(last) && isLetter(first)
}

// conflict collects the first hunks of both sides, and those that overlap one of these.
func (m *merger) conflict() {
	from, to := min(m.mine[0].from, m.theirs[0].from), max(m.mine[0].to, m.theirs[0].to)
	mine, theirs := 1, 1
	for more := true; more; {
		more = false
		for ; mine < len(m.mine) && m.mine[mine].from < to; mine++ {
			to, more = max(to, m.mine[mine].to), true
		}
		for ; theirs < len(m.theirs) && m.theirs[theirs].from < to; theirs++ {
			to, more = max(to, m.theirs[theirs].to), true
		}
	}
	m.conflicts = append(m.conflicts, Conflict{
		m.base[from:to], apply(m.base, from, to, m.mine[:mine]),
		apply(m.base, from, to, m.theirs[:theirs]),
	})
	m.mine, m.theirs, m.done = m.mine[mine:], m.theirs[theirs:], to
}

// apply returns a part of a text with some changes made.
func apply(text string, from, to int, hunks []hunk) string {
	var b strings.Builder
	for _, h := range hunks {
		b.WriteString(text[from:h.from])
		b.WriteString(h.text)
		from = h.to
	}
	b.WriteString(text[from:to])
	return b.String()
}
