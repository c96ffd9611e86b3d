package recordsync

import "strings"

// CivicPress' record form writes the title of a record, as a heading, above the text of
// its editor. In collaborative mode that is the document's text, which mostly begins with
// that heading. Taken as it is, such a text would add a heading to the document each time
// that the form is saved.

// goesBackTo reports that a text is another one, or begins with the same heading. Both are
// as documents write them.
func goesBackTo(text, other string) bool {
	n := headings(other)
	if n == 0 {
		return text == other
	}
	first, _, _ := strings.Cut(text, "\n")
	heading, _, _ := strings.Cut(other, "\n")
	return first == heading && headings(text) >= n
}

// headings counts the headings of the first level that a text begins with.
func headings(text string) (n int) {
	for line := range strings.SplitSeq(text, "\n\n") {
		if !strings.HasPrefix(line, "# ") {
			break
		}
		n++
	}
	return n
}

// belowTitle returns the text below its title.
func belowTitle(text, title string) (below string, ok bool) {
	below, ok = strings.CutPrefix(text, "# "+title)
	if !ok || title == "" || below != "" && below[0] != '\n' && below[0] != '\r' {
		return "", false
	}
	return strings.TrimLeft(below, "\r\n"), true
}

// withOneTitle returns the record's text without headings that repeat its title above one
// that says the same.
func (r *Record) withOneTitle(t Text) string {
	for {
		below, ok := belowTitle(t.Markdown, t.Title)
		first, _, _ := strings.Cut(below, "\n")
		if !ok || !strings.HasPrefix(first, "# ") || !r.saysSame(first, "# "+t.Title) {
			return t.Markdown
		}
		t.Markdown = below
	}
}

// saysSame reports that two texts in Markdown are the same document.
func (r *Record) saysSame(a, b string) bool {
	_, a, errA := r.parse(a, false)
	_, b, errB := r.parse(b, false)
	return errA == nil && errB == nil && a == b
}

// withoutTitle drops the title above c.theirs if the text below it is the document's, or
// the one that the document goes back to, perhaps changed.
func (r *Record) withoutTitle(d *docState, c *comparison, now Text) error {
	below, ok := belowTitle(now.Markdown, now.Title)
	if !ok || c.ours == c.theirs || d.base.known() && hashOf(c.theirs) == d.base.hash {
		return nil
	}
	tree, text, err := r.parse(below, d.direct)
	if err != nil {
		return err
	}
	was, ok := d.text.textOf(d.base)
	if goesBackTo(text, c.ours) || ok && goesBackTo(text, was) {
		c.tree, c.theirs = tree, text
	}
	return nil
}
