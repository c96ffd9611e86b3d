package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/recordsync"
)

// base is the state of the record that a room's document goes back to. While the
// document's Markdown has this hash there is nothing to save.
type base struct {
	mark  Revision
	hash  [sha256.Size]byte // of the record's Markdown, as the document would write it
	whole bool              // it is what editors are shown; otherwise there may be a draft
	gone  bool              // the record was deleted since; what comes under its name is another one
	turn  uint64            // counts the bases that the room had; 0: it has none
}

func (b base) known() bool { return b.turn > 0 }

// covers says that there is nothing to learn from a text: the record is what it was,
// or there may be a draft that is not shown.
func (b base) covers(now Text) bool {
	if b.gone {
		return false
	}
	if b.whole && !now.ShowsDrafts {
		return true
	}
	return b.whole == now.ShowsDrafts && b.known() && now.Revision == b.mark && now.Revision != ""
}

// hashOf copies no more of a text than it hashes at a time.
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

// A note is a base as it is journaled and put into snapshots, with what its text is:
//
//	form:byte = 2  turn:varUint  flags:byte (1: whole, 2: gone)  hash:32 bytes  mark:varUint length and bytes  entry:rest
//	form:byte = 1  turn:varUint  flags:byte (1: whole)  hash:32 bytes  mark:rest
//
// Nothing writes the first form any more. The entry is a mergeBase's; it is empty where
// the text is the one before, or not known.
const (
	noteMarkOnly = 1
	noteForm     = 2
	noteWhole    = 1
	noteGone     = 2
	noteRoom     = 128 // what a note of a usual mark needs at most, beside its entry
)

var errNote = errors.New("note is of an unknown form")

// appendNote appends nothing where there is no base.
func appendNote(dst []byte, b base, entry []byte) []byte {
	if !b.known() {
		return dst
	}
	dst = binary.AppendUvarint(append(dst, noteForm), b.turn)
	flags := byte(0)
	if b.whole {
		flags |= noteWhole
	}
	if b.gone {
		flags |= noteGone
	}
	dst = append(append(dst, flags), b.hash[:]...)
	mark := b.mark
	if len(mark) > recordsync.MaxRevision {
		mark = ""
	}
	return append(codec.AppendString(dst, string(mark)), entry...)
}

// parseNote borrows.
func parseNote(note []byte) (b base, entry []byte, err error) {
	if len(note) == 0 || note[0] != noteForm && note[0] != noteMarkOnly {
		return b, nil, errNote
	}
	turn, n := binary.Uvarint(note[1:])
	rest := note[1+max(n, 0):]
	if n <= 0 || turn == 0 || len(rest) < 1+len(b.hash) || rest[0]&^(noteWhole|noteGone) != 0 {
		return b, nil, errNote
	}
	b.turn, b.whole, b.gone = turn, rest[0]&noteWhole > 0, rest[0]&noteGone > 0
	rest = rest[1+copy(b.hash[:], rest[1:]):]
	if note[0] == noteMarkOnly {
		b.mark = Revision(rest)
		return b, nil, nil
	}
	length, n := binary.Uvarint(rest)
	if n <= 0 || length > uint64(len(rest)-n) {
		return base{}, nil, errNote
	}
	b.mark = Revision(rest[n : n+int(length)])
	return b, rest[n+int(length):], nil
}

// rebase makes b what the document goes back to, with a text, and has that journaled; mu
// is held.
func (r *room) rebase(b base, text packedText) {
	rec := &r.record
	if b.turn = rec.base.turn; b.known() && b == rec.base && (text.packed == nil || rec.text.packed != nil) {
		return
	}
	b.turn++
	rec.base, rec.news = b, true
	rec.text.set(text)
	r.touch(time.Now())
}
