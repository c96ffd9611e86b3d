package civicpress

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

// changesText: a text that goes back to the earlier look must not replace what is there now.
func (c Change) changesText() bool { return c != Unchanged && c != Touched }

// Compare says what has happened to a record between two looks at it through the
// eyes of editors: drafts are hidden from others, which looks like Discarded.
//
// Publishing deletes the draft and dates the record anew. So a draft that is gone
// was published if what is there now has its text, or is not older than the draft.
//
// Of a state that is not known there is nothing to be said but whether somebody's
// draft would be written over: then it counts as Edited.
func Compare(before, after Revision) Change {
	switch {
	case !before.known && after.draft:
		return Edited
	case !before.known:
		return Unchanged
	case before.draft && !after.draft:
		if after.text == before.text || after.millis != 0 && after.millis >= before.millis {
			return Published
		}
		return Discarded
	case after.text == before.text:
		return compareFields(before, after)
	case after.draft:
		return Edited
	}
	return Published
}

// compareFields compares records of the same text.
func compareFields(before, after Revision) Change {
	if after.draft != before.draft || after.fields != before.fields {
		return Touched
	}
	return Unchanged
}
