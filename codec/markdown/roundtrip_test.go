package markdown

import (
	"math/rand/v2"
	"testing"
)

// TestRoundTrip shows that a line that counts as certain to be read as that line is read so.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 0))
	certain, marked := 0, 0
	for range 300_000 {
		kind := lineKind(r.IntN(3))
		line := anyLine(r)
		if kind == headingLine {
			line = withoutBreaks(line)
		}
		line = normalizeAs(line, kind)
		text, ok := writeLine(line, kind, false)
		if !ok || len(line) == 0 {
			continue
		}
		if certain++; len(line) > 1 {
			marked++
		}
		if back, whole := readLine(text, kind); !whole || !equalLines(back, line) {
			t.Fatalf("%q, of kind %d, is read as\n%+v\nwant\n%+v", text, kind, back, line)
		}
	}
	if certain < 50_000 || marked < 15_000 {
		t.Errorf("only %d lines are certain, %d of them of several nodes", certain, marked)
	}
}

var (
	certainTexts = []string{"a", "b c", "Word", " x ", "y ", " z", "7", "2026 ", "(", ")", ".",
		", ", "\"", "“", "”", "—", "é", "😀", "!", "?", ":", "-", "+", "=", "1.", "1)", "#", "~",
		"|", "\\", "`", "*", "_", "a_b", "[", "]", "<b>", "&amp;", "\u00a0", "\u2028", "\t", "x\ny", "http://a.b", "$", "%", "^", "§", "€"}
	certainHrefs = []string{"/u", "http://a.b/(c)", "http://a.b", "https://a.b/x?y=1#z", "", "a b", "/%20", "http://ü.b", "x&y", "mailto:a@b.c", "http://xn--a.b"}
)

func anyLine(r *rand.Rand) (line []Node) {
	for range 1 + r.IntN(6) {
		n := Node{Name: Text, Marks: anyMarks(r)}
		for range 1 + r.IntN(3) {
			n.Text += certainTexts[r.IntN(min(len(certainTexts), 8+r.IntN(len(certainTexts))))]
		}
		switch r.IntN(24) {
		case 0:
			n = Node{Name: HardBreak, Marks: n.Marks}
		case 1:
			n = Node{Name: Image, Marks: n.Marks, Attrs: Attrs{"src": certainHrefs[r.IntN(len(certainHrefs))], "alt": n.Text, "title": []any{nil, "t", "a\"b", "\\"}[r.IntN(4)]}}
		case 2:
			n = Node{Name: CivicRef, Marks: n.Marks, Attrs: Attrs{"refType": "record", "id": "r-1", "label": n.Text}}
		case 3:
			href := certainHrefs[r.IntN(len(certainHrefs))]
			n = Node{Name: Text, Text: href, Marks: []Mark{linkMark(href, "")}}
		}
		line = append(line, n)
	}
	return line
}

func anyMarks(r *rand.Rand) (marks []Mark) {
	if r.IntN(5) == 0 {
		marks = append(marks, linkMark(certainHrefs[r.IntN(len(certainHrefs))], []string{"", "", "t", "a\"b", "&amp;"}[r.IntN(5)]))
	}
	for _, name := range []string{Em, Strong, Code} {
		if r.IntN(4) == 0 {
			marks = append(marks, Mark{Name: name})
		}
	}
	return marks
}
