package civicpress

// Change is the difference between two states of a record.
type Change int

// The kinds of change.
const (
	Unchanged Change = iota
	Edited           // a draft was saved or begun
	Published        // the draft is gone and its text published, or another text was published
	Discarded        // the draft is gone, and was not published
	Touched          // something beside the text, or a draft with the same text was begun
)

var changes = [...]string{"unchanged", "edited", "published", "discarded", "touched"}

func (c Change) String() string { return changes[c] }

// changesText reports whether a text that is based on the earlier state must not replace the later
// one.
func (c Change) changesText() bool { return c != Unchanged && c != Touched }

// Compare returns the change between two states of a record as editors are shown them. The API
// hides drafts from other users, so their states would compare as Discarded.
//
// Publishing deletes the draft and sets the record's time. So a draft that is gone was published if
// the record has its text, or is not older than the draft.
//
// If the earlier state is unknown, the change is Edited where a draft would be overwritten, and
// else Unchanged.
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

// compareFields compares states with the same text.
func compareFields(before, after Revision) Change {
	if after.draft != before.draft || after.fields != before.fields {
		return Touched
	}
	return Unchanged
}
