package recordsync

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// mergeBase is the last state that a room's document and its record had in common. While the
// Markdown of the document has its hash there is nothing to save.
type mergeBase struct {
	revision    Revision
	hash        [sha256.Size]byte // of the record's Markdown, as a document would write it
	showsDrafts bool              // as in Text
	gone        bool              // the record was deleted; one of that name is another record
	generation  uint64            // counts the merge bases that the room has had; 0: it has none
}

func (b mergeBase) known() bool { return b.generation > 0 }

// covers reports whether a text that was fetched has nothing new: the record has not changed, or
// there may be a draft that this user is not shown.
func (b mergeBase) covers(now Text) bool {
	if b.gone {
		return false
	}
	if b.showsDrafts && !now.ShowsDrafts {
		return true
	}
	return b.known() && b.showsDrafts == now.ShowsDrafts && b.is(now.Revision)
}

// is reports whether b has a revision. An unknown revision equals no other.
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

// A note is a merge base as it is journaled and put into snapshots, with its text:
//
//	form:byte = 2  generation:varUint  flags:byte  hash:32 bytes
//	    revision:varUint length and bytes  entry:rest
//	form:byte = 1  generation:varUint  flags:byte  hash:32 bytes  revision:rest
//
// Flags are 1 for showsDrafts and 2 for gone, which form 1 does not have. Nothing writes
// form 1 any more. The entry is that of a baseText; it is empty where the text is the one
// before, or not known.
const (
	noteWithoutText = 1
	noteWithText    = 2
	noteShowsDrafts = 1
	noteGone        = 2
)

// NoteRoom is the most bytes of a note with a revision of usual length, without its entry.
const NoteRoom = 128

// ErrNote is returned for a note that no release has written.
var ErrNote = errors.New("note is of an unknown form")

// appendNote appends the note of b, and nothing if there is no merge base.
func appendNote(dst []byte, b mergeBase, entry []byte) []byte {
	if !b.known() {
		return dst
	}
	dst = binary.AppendUvarint(append(dst, noteWithText), b.generation)
	flags := byte(0)
	if b.showsDrafts {
		flags |= noteShowsDrafts
	}
	if b.gone {
		flags |= noteGone
	}
	dst = append(append(dst, flags), b.hash[:]...)
	revision := b.revision
	if len(revision) > MaxRevision {
		revision = ""
	}
	return append(lib0.AppendString(dst, string(revision)), entry...)
}

// parseNote parses a note. entry borrows it.
func parseNote(note []byte) (b mergeBase, entry []byte, err error) {
	if len(note) == 0 || note[0] != noteWithText && note[0] != noteWithoutText {
		return b, nil, ErrNote
	}
	generation, n := binary.Uvarint(note[1:])
	rest := note[1+max(n, 0):]
	if n <= 0 || generation == 0 || len(rest) < 1+len(b.hash) ||
		rest[0]&^(noteShowsDrafts|noteGone) != 0 {
		return b, nil, ErrNote
	}
	b.generation = generation
	b.showsDrafts, b.gone = rest[0]&noteShowsDrafts > 0, rest[0]&noteGone > 0
	rest = rest[1+copy(b.hash[:], rest[1:]):]
	if note[0] == noteWithoutText {
		b.revision = Revision(rest)
		return b, nil, nil
	}
	length, n := binary.Uvarint(rest)
	if n <= 0 || length > uint64(len(rest)-n) {
		return mergeBase{}, nil, ErrNote
	}
	b.revision = Revision(rest[n : n+int(length)])
	return b, rest[n+int(length):], nil
}
