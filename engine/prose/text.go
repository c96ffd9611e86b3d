package prose

import (
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// textContext is the context in which a text is compared: code, or a part of a line. At the ends of
// a line a document may have blanks, which Markdown cannot express.
type textContext struct{ code, start, end bool }

// char is a character of a text in a document.
type char struct {
	item    int    // of the list
	unit    uint64 // of the item
	units   uint64
	formats int // index in textEdit.states
	becomes int // index in textEdit.wanted, or deleted, or stays
}

const (
	deleted = -1
	stays   = -2 // kept, and not wanted: a blank at the end of a line
)

// textEdit is the state of an edit of one text.
type textEdit struct {
	*editor
	list   list
	from   int // the text's first item in the list
	to     int // the item after its last
	how    textContext
	start  *markdown.Place // behind the content written before the text; nil: none was
	end    markdown.Place  // behind the text and the content written at its end
	chars  []char
	text   []rune            // the normal form of chars
	last   int               // index in chars behind which they stay at the end of the line
	states []formats         // the formats in force, one for each change; the last at the end
	marks  [][]markdown.Mark // the marks that Markdown reads states as

	wanted      []rune
	wantedMarks [][]markdown.Mark // of each run
	runs        []int             // of each wanted character

	asked  [2]int // arguments of the last call of hasMarks
	answer markAnswer
}

// text edits the text between two items of a list so that it equals runs. The formats in force
// after it do not change. start is the place after the last written content, if there is any; text
// returns the place after the text.
func (e *editor) text(
	l list, from, to int, start *markdown.Place, runs []markdown.Node, how textContext,
) markdown.Place {
	t := &textEdit{editor: e, list: l, from: from, to: to, start: start, how: how}
	t.read()
	t.want(runs)
	t.compare()
	t.write()
	return t.end
}

// insertText writes text at a place of a list. The formats in force there do not change.
func (e *editor) insertText(
	p *markdown.Place, inForce formats, runs []markdown.Node, how textContext,
) {
	t := &textEdit{editor: e, how: how}
	t.want(runs)
	t.change(p, t.insert(p, &gap{end: len(t.wanted)}, inForce), inForce)
}

// read finds the characters of the document's text.
func (t *textEdit) read() {
	t.states = []formats{t.list.inForce(t.from)}
	for i := t.from; i < t.to; i++ {
		switch it := t.list.items[i]; {
		case it.Deleted():
		case it.Ref() == yjs.RefFormat:
			t.states = append(t.states, t.states[len(t.states)-1].with(it.Format()))
		case it.Ref() == yjs.RefString:
			t.readString(i, it.Text())
		}
	}
	for _, f := range t.states {
		t.marks = append(t.marks, t.marksOf(f))
	}
}

func (t *textEdit) readString(item int, text string) {
	unit := uint64(0)
	for _, r := range text {
		c := char{item: item, unit: unit, units: 1, formats: len(t.states) - 1, becomes: deleted}
		if r >= 0x10000 {
			c.units = 2
		}
		unit += c.units
		t.chars, t.text = append(t.chars, c), append(t.text, t.normal(r))
	}
}

// normal returns the normal form of a character.
func (t *textEdit) normal(r rune) rune {
	switch {
	case r == 0:
		return '\uFFFD'
	case !t.how.code && strings.ContainsRune("\n\r\f\v", r):
		return ' '
	}
	return r
}

// marksOf returns the normal form of formats: the marks that Markdown can express.
func (t *textEdit) marksOf(f formats) []markdown.Mark {
	if t.how.code {
		return nil
	}
	n := markdown.Node{Name: markdown.Text, Marks: t.marksOfValues(f.values())}
	return markdown.NormalizeInline(n).Marks
}

// want adds runs of text to the wanted characters.
func (t *textEdit) want(runs []markdown.Node) {
	for i, run := range runs {
		t.wantedMarks = append(t.wantedMarks, run.Marks)
		for _, r := range run.Text {
			t.wanted, t.runs = append(t.wanted, r), append(t.runs, i)
		}
	}
}

// compare sets char.becomes of all characters. Blanks at the ends of a line stay at the ends: a
// person may be about to write there.
func (t *textEdit) compare() {
	first, last := t.inner()
	c := compared{t.text[first:last], t.wanted, func(i, j int) bool {
		return t.how.code || t.hasMarks(t.chars[first+i].formats, t.runs[j])
	}}
	i, j := 0, 0
	keep := func(until int) {
		for ; i < until; i, j = i+1, j+1 {
			t.chars[first+i].becomes = j
		}
	}
	for _, h := range c.slid(diff(c.a, c.b)) {
		keep(h.from)
		i, j = h.to, h.end
	}
	keep(len(c.a))
	for k := range t.chars {
		if k < first || k >= last {
			t.chars[k].becomes = stays
		}
	}
	t.last = last
}

// inner returns the part of the text that is compared: without the blanks at the ends of a line,
// which Markdown leaves out.
func (t *textEdit) inner() (first, last int) {
	last = len(t.text)
	for t.how.end && last > 0 && t.isBlank(last-1) {
		last--
	}
	for t.how.start && first < last && t.isBlank(first) {
		first++
	}
	return first, last
}

// isBlank reports whether a character is a blank that Markdown leaves out at the ends of a line.
func (t *textEdit) isBlank(i int) bool {
	return (t.text[i] == ' ' || t.text[i] == '\t') &&
		!slices.ContainsFunc(t.marks[t.chars[i].formats], func(m markdown.Mark) bool {
			return m.Name == markdown.Link || m.Name == markdown.Code
		})
}

// keptFormats returns the formats that a kept character is to have.
func (t *textEdit) keptFormats(c char) formats {
	if c.becomes == stays || t.how.code || t.hasMarks(c.formats, t.runs[c.becomes]) {
		return t.states[c.formats]
	}
	return t.withMarks(t.states[c.formats], t.wantedMarks[t.runs[c.becomes]])
}

// hasMarks reports whether formats have the marks of a wanted run. It caches the last answer.
func (t *textEdit) hasMarks(formats, run int) bool {
	if ask := [2]int{formats, run}; t.asked != ask || t.answer == unasked {
		t.asked, t.answer = ask, no
		if sameMarks(t.marks[formats], t.wantedMarks[run]) {
			t.answer = yes
		}
	}
	return t.answer == yes
}

// markAnswer is the last answer of hasMarks.
type markAnswer byte

const (
	unasked markAnswer = iota
	no
	yes
)

// withMarks returns formats with other marks. Formats that Markdown cannot express stay.
func (t *textEdit) withMarks(f formats, marks []markdown.Mark) formats {
	out := formats{}
	for key, value := range f {
		if !isMark(t.schema.Canonical(markName(key))) {
			out[key] = value
		}
	}
	for _, m := range marks {
		out[t.schema.Name(m.Name)] = m.JSON()
	}
	return out
}

func isMark(name string) bool {
	switch name {
	case markdown.Link, markdown.Em, markdown.Strong, markdown.Code:
		return true
	}
	return false
}
