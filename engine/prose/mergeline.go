package prose

import (
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// firstSymbol is the first of the characters that stand for inline nodes other than text. A symbol
// also stands for each character of a text that is not below it.
const firstSymbol = 0xf0000

// symbols assigns characters to inline nodes other than text: equal nodes have the same character.
type symbols struct {
	standsFor []markdown.Node
	known     map[string]rune
}

// line is the content of a paragraph, heading or code block, character by character.
type line struct {
	text  []rune
	marks [][]markdown.Mark
}

func (s *symbols) line(nodes []markdown.Node) (l line) {
	for _, n := range nodes {
		if n.Name != markdown.Text {
			l.add(s.of(n), nil)
			continue
		}
		for _, r := range n.Text {
			if r >= firstSymbol {
				r = s.of(markdown.Node{Name: markdown.Text, Text: string(r)})
			}
			l.add(r, n.Marks)
		}
	}
	return l
}

func (s *symbols) of(n markdown.Node) rune {
	k := key(n)
	r, ok := s.known[k]
	if !ok {
		r = firstSymbol + rune(len(s.standsFor))
		s.standsFor, s.known[k] = append(s.standsFor, n), r
	}
	return r
}

func (l *line) add(r rune, marks []markdown.Mark) {
	l.text, l.marks = append(l.text, r), append(l.marks, marks)
}

// nodes returns the nodes of a line.
func (s *symbols) nodes(l line) (nodes []markdown.Node) {
	var text strings.Builder // of the last node
	end := func() {
		if last := len(nodes) - 1; last >= 0 && nodes[last].Name == markdown.Text {
			nodes[last].Text = text.String()
		}
		text.Reset()
	}
	for i, r := range l.text {
		n := markdown.Node{Name: markdown.Text, Text: string(r)}
		if r >= firstSymbol {
			n = s.standsFor[r-firstSymbol]
		}
		if n.Name == markdown.Text {
			n.Marks = l.marks[i]
		}
		last := len(nodes) - 1
		if last < 0 || n.Name != markdown.Text || !goesOn(&n, &nodes[last]) {
			end()
			nodes = append(nodes, n)
		}
		text.WriteString(n.Text)
	}
	end()
	return nodes
}

// mergeLines merges lines by words: a word that neither side deleted stays, and all that either
// side inserted is in the result.
func mergeLines(base, ours, theirs []markdown.Node) []markdown.Node {
	s := &symbols{known: make(map[string]rune)}
	b, o, t := s.line(base), s.line(ours), s.line(theirs)
	m := lineMerge{base: b, ours: changed(b, o), theirs: changed(b, t)}
	for i := range b.text {
		m.insertions(i)
		m.keep(i)
	}
	m.insertions(len(b.text))
	return s.nodes(m.out)
}

// change is the change of a line by one side.
type change struct {
	line // the changed one

	of  []int        // for each character of the base its index in line, -1 if it was deleted
	new map[int]hunk // by the index in the base where they begin
}

func changed(base, to line) change {
	c := change{line: to, new: make(map[int]hunk)}
	a, b := words(base.text), words(to.text)
	i, j := 0, 0
	keep := func(until int) {
		for ; i < until; i, j = i+1, j+1 {
			c.of = append(c.of, j)
		}
	}
	var hunks []hunk
	for _, h := range join(wordHunks(a, b), a) {
		h = hunk{offset(a, h.from), offset(a, h.to), offset(b, h.start), offset(b, h.end)}
		hunks = append(hunks, h)
	}
	sides := compared{base.text, to.text, func(i, j int) bool {
		return sameMarks(base.marks[i], to.marks[j])
	}}
	for _, h := range sides.slid(hunks) {
		keep(h.from)
		for ; i < h.to; i++ {
			c.of = append(c.of, -1)
		}
		c.new[h.from], j = h, h.end
	}
	keep(len(base.text))
	return c
}

type lineMerge struct {
	base, out    line
	ours, theirs change
}

// keep appends character i of the base, unless a side deleted it.
func (m *lineMerge) keep(i int) {
	if o, t := m.ours.of[i], m.theirs.of[i]; o >= 0 && t >= 0 {
		marks := mergeMarks(m.base.marks[i], m.ours.marks[o], m.theirs.marks[t])
		m.out.keep(m.base.text, i, marks)
	}
}

// insertions appends the texts that the sides inserted before character i of the base, and only one
// if they are the same.
func (m *lineMerge) insertions(i int) {
	o, t := m.ours.added(i), m.theirs.added(i)
	m.out.appendApart(o)
	if string(o.text) != string(t.text) {
		m.out.appendApart(t)
	}
}

func (c *change) added(i int) line {
	h := c.new[i]
	return line{c.text[h.start:h.end], c.marks[h.start:h.end]}
}

func (l *line) append(o line) {
	l.text, l.marks = append(l.text, o.text...), append(l.marks, o.marks...)
}

// appendApart appends a part of another line so that its first word is a word of its own.
func (l *line) appendApart(o line) {
	if endsWord(l.text) && startsWord(o.text) {
		l.add(' ', nil)
	}
	l.append(o)
}

// keep appends character i of a text. The start of a word there is one here, too.
func (l *line) keep(text []rune, i int, marks []markdown.Mark) {
	if endsWord(l.text) && startsWord(text[i:]) && !endsWord(text[:i]) {
		l.add(' ', nil)
	}
	l.add(text[i], marks)
}

// part returns a part of a line.
func (l *line) part(from, to int) line { return line{l.text[from:to], l.marks[from:to]} }

// mergeMarks returns the marks that both sides have, and those that either has added.
func mergeMarks(base, ours, theirs []markdown.Mark) (marks []markdown.Mark) {
	for _, m := range ours {
		if has(theirs, m) || !has(base, m) {
			marks = append(marks, m)
		}
	}
	for _, m := range theirs {
		if !has(base, m) && !hasName(marks, m.Name) {
			marks = append(marks, m)
		}
	}
	return marks
}

func has(marks []markdown.Mark, m markdown.Mark) bool {
	for _, o := range marks {
		if o.Equal(m) {
			return true
		}
	}
	return false
}

func hasName(marks []markdown.Mark, name string) bool {
	for _, m := range marks {
		if m.Name == name {
			return true
		}
	}
	return false
}
