package civicpress

import "time"

// Change is what has happened to a record between two looks at it.
type Change int

// The changes that can be told apart.
const (
	Unchanged Change = iota
	Edited           // a draft was saved, or begun
	Published        // a draft there was is gone and its text published, or another text is
	Discarded        // the draft is gone, and was not published
	Touched          // something beside the text, or a draft was begun that says the same
)

var changes = [...]string{"unchanged", "edited", "published", "discarded", "touched"}

func (c Change) String() string { return changes[c] }

// ofText: a text that goes back to the earlier look must not replace what is there now.
func (c Change) ofText() bool { return c != Unchanged && c != Touched }

// Compare says what has happened to a record between two looks at it through the
// eyes of editors: drafts are hidden from others, which looks like Discarded.
//
// Publishing deletes the draft and dates the record anew. So a draft that is gone
// was published if what is there now has its text, or is not older than the draft.
func Compare(before, after Record) Change {
	switch {
	case before.Draft && !after.Draft:
		if after.Markdown == before.Markdown || !after.Updated.IsZero() && !after.Updated.Before(before.touched()) {
			return Published
		}
		return Discarded
	case after.Markdown == before.Markdown:
		return aside(before, after)
	case after.Draft:
		return Edited
	}
	return Published
}

// aside compares records of the same text.
func aside(before, after Record) Change {
	if after.Draft != before.Draft || after.Title != before.Title || after.Type != before.Type || after.Status != before.Status {
		return Touched
	}
	return Unchanged
}

// touched is when a draft was last written to, as far as is known.
func (r Record) touched() time.Time {
	if r.Saved.IsZero() {
		return r.Updated
	}
	return r.Saved
}
