package recordsync

import "strings"

// CivicPress' record form writes the title of a record, as a heading, above the text of
// its editor. In collaborative mode that is the document's text, which mostly begins with
// that heading. Taken as it is, such a text would add a heading to the document each time
// that the form is saved.

// derivesFrom reports whether text may have been made from other: both are equal, or other begins
// with headings, of which text has the first, and no fewer. Both are in the form that documents are
// rendered to.
func derivesFrom(text, other string) bool {
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

// belowTitle returns the text below its title; ok is false if it does not begin with the title.
func belowTitle(text, title string) (below string, ok bool) {
	below, ok = strings.CutPrefix(text, "# "+title)
	if !ok || title == "" || below != "" && below[0] != '\n' && below[0] != '\r' {
		return "", false
	}
	return strings.TrimLeft(below, "\r\n"), true
}
