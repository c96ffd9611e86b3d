package engine

import "strings"

// CivicPress' record form writes its title, as a heading, above the text of its editor. In
// collaborative mode that is the document's, which mostly begins with that heading. Taken
// as it is, such a text would add a heading to the document each time that it is saved.

// withoutTitle takes theirs without that heading if what is below it is the document's
// text, or the one that it goes back to, perhaps changed.
func (r *room) withoutTitle(p *page, c *comparison, now Text) error {
	below, ok := belowTitle(now.Markdown, now.Title)
	if !ok || c.ours == c.theirs || p.base.known() && hashOf(c.theirs) == p.base.hash {
		return nil
	}
	tree, text, err := r.parse(below, p.direct)
	if err != nil {
		return err
	}
	was, ok := p.merges()
	if goesBackTo(text, c.ours) || ok && goesBackTo(text, was) {
		c.tree, c.theirs = tree, text
	}
	return nil
}

// goesBackTo says whether a text is another one, or begins with the same heading. Both
// are as documents write them.
func goesBackTo(text, other string) bool {
	n := headings(other)
	if n == 0 {
		return text == other
	}
	first, _, _ := strings.Cut(text, "\n")
	heading, _, _ := strings.Cut(other, "\n")
	return first == heading && headings(text) >= n
}

// headings is how many headings of the first level a text begins with.
func headings(text string) (n int) {
	for line := range strings.SplitSeq(text, "\n\n") {
		if !strings.HasPrefix(line, "# ") {
			break
		}
		n++
	}
	return n
}

// belowTitle is what a text has below its title.
func belowTitle(text, title string) (below string, ok bool) {
	below, ok = strings.CutPrefix(text, "# "+title)
	if !ok || title == "" || below != "" && below[0] != '\n' && below[0] != '\r' {
		return "", false
	}
	return strings.TrimLeft(below, "\r\n"), true
}

// withOneTitle is a record's text without headings that say its title above one that does.
func (r *room) withOneTitle(t Text) string {
	for {
		below, ok := belowTitle(t.Markdown, t.Title)
		first, _, _ := strings.Cut(below, "\n")
		if !ok || !strings.HasPrefix(first, "# ") || !r.sameText(first, "# "+t.Title) {
			return t.Markdown
		}
		t.Markdown = below
	}
}

// sameText says whether two texts in Markdown say the same.
func (r *room) sameText(a, b string) bool {
	_, a, errA := r.parse(a, false)
	_, b, errB := r.parse(b, false)
	return errA == nil && errB == nil && a == b
}
