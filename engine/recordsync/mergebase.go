package recordsync

import "crypto/sha256"

// mergeBase is the state of the record that a room's document goes back to. While the
// Markdown of the document has its hash there is nothing to save.
type mergeBase struct {
	revision    Revision
	hash        [sha256.Size]byte // of the record's Markdown, as a document would write it
	showsDrafts bool              // it is what editors are shown; otherwise there may be a draft
	gone        bool              // the record was deleted since; one of the same name is another record
	generation  uint64            // counts the merge bases that the room has had; 0: it has none
}

func (b mergeBase) known() bool { return b.generation > 0 }

// covers reports that a text brings nothing new: the record has not changed, or there may
// be a draft that this user is not shown.
func (b mergeBase) covers(now Text) bool {
	if b.gone {
		return false
	}
	if b.showsDrafts && !now.ShowsDrafts {
		return true
	}
	return b.known() && b.showsDrafts == now.ShowsDrafts && b.is(now.Revision)
}

// is reports that b has a revision, which is false if either is not known.
func (b mergeBase) is(revision Revision) bool { return b.revision == revision && revision != "" }

// hashOf hashes a text in parts, so that it is not copied as a whole.
func hashOf(markdown string) (sum [sha256.Size]byte) {
	h := sha256.New()
	for part := make([]byte, min(len(markdown), 4096)); len(markdown) > 0; {
		n := copy(part, markdown)
		h.Write(part[:n])
		markdown = markdown[n:]
	}
	h.Sum(sum[:0])
	return sum
}
