package recordsync

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/linepatch"
)

// Notes gathers the newest merge base, with its text, and the claims since, from the fields of a
// snapshot and those of the journal rows after it. A row may also be in the snapshot, or be stored
// twice. The zero value is ready to use.
type Notes struct {
	Compression snapshot.Algorithm // of the texts that are kept

	base      mergeBase
	packed    []byte // the text, if it is known and was not patched
	patched   string // the text, if isPatched
	isPatched bool
	earlier   [][]byte // as in baseText

	claimed claimedSince
}

// Add takes over the merge base of a note if it is newer, and adds claims. It ignores a nil note.
func (n *Notes) Add(note, claims []byte) error {
	n.claimed.addStored(claims)
	if note == nil {
		return nil
	}
	b, entry, err := parseNote(note)
	if err != nil || b.generation <= n.base.generation {
		return err
	}
	was := n.base
	n.base = b
	switch {
	case len(entry) == 0 && b.hash == was.hash:
		return nil
	case len(entry) == 0:
		n.forgetText()
		return nil
	}
	return n.addEntry(entry[0], bytes.Clone(entry[1:]))
}

// Generation counts the merge bases that the room has had; 0: it has none.
func (n *Notes) Generation() uint64 { return n.base.generation }

// Append appends the gathered merge base as the note of a snapshot, and nothing if there is none.
func (n *Notes) Append(dst []byte) []byte {
	if !n.base.known() {
		return dst
	}
	text := n.text()
	return appendNote(dst, n.base, text.appendHistory(nil))
}

// AppendClaims appends the gathered claims as those of a snapshot, and nothing if there are none.
func (n *Notes) AppendClaims(dst []byte) []byte {
	if c := n.claims(); c != nil {
		return appendClaims(dst, n.base.generation, c.hashes)
	}
	return dst
}

// claims returns the claims since the merge base; nil if there are none.
func (n *Notes) claims() *rowClaims {
	if n.claimed.generation != n.base.generation || len(n.claimed.hashes) == 0 {
		return nil
	}
	return &rowClaims{hashes: slices.Clone(n.claimed.hashes)}
}

// addEntry makes the text of an entry the current one. It takes ownership of entry.
func (n *Notes) addEntry(form byte, entry []byte) error {
	switch {
	case form&^entryDraft == entryText:
		text, ok := decompress(entry)
		earlier := n.earlierThan(form, text, ok)
		n.forgetText()
		n.packed, n.earlier = entry, earlier
	case form&^entryDraft == entryPatch && len(entry) > len(n.base.hash):
		n.patch(form, [32]byte(entry), entry[len(n.base.hash):])
	case form == entryHistory:
		return n.addHistory(entry)
	default:
		return ErrNote
	}
	return nil
}

func (n *Notes) addHistory(entry []byte) error {
	n.forgetText()
	for len(entry) > 0 {
		length, size := binary.Uvarint(entry)
		if size <= 0 || length > uint64(len(entry)-size) {
			return ErrNote
		}
		end := size + int(length)
		part := entry[size:end:end]
		if entry = entry[end:]; n.packed == nil {
			n.packed = part
		} else {
			n.earlier = append(n.earlier, part)
		}
	}
	return nil
}

// patch applies a line patch to the current text. If that does not have the hash of the text that
// the patch is for, the text is not known any more.
func (n *Notes) patch(form byte, of [32]byte, patch []byte) {
	was, ok := n.currentText()
	lines, okPatch := decompress(patch)
	text, err := linepatch.Apply(was, []byte(lines), markdown.MaxSize)
	if !ok || !okPatch || hashOf(was) != of || err != nil || hashOf(text) != n.base.hash {
		n.forgetText()
		return
	}
	earlier := n.earlierThan(form, text, true)
	n.forgetText()
	n.patched, n.isPatched, n.earlier = text, true, earlier
}

// earlierThan returns the earlier texts after an entry of the given form has made text the current
// one.
func (n *Notes) earlierThan(form byte, text string, ok bool) [][]byte {
	was, known := n.currentText()
	if !ok || !known || form&entryDraft == 0 {
		return nil
	}
	back := compressor(n.Compression).compress(linepatch.Append(nil, text, was))
	if back == nil {
		return nil
	}
	return prepend(back, n.earlier)
}

func (n *Notes) forgetText() {
	*n = Notes{Compression: n.Compression, base: n.base, claimed: n.claimed}
}

func (n *Notes) currentText() (text string, ok bool) {
	if n.isPatched {
		return n.patched, true
	}
	return decompress(n.packed)
}

// text returns the current text and the earlier ones. They do not borrow from notes.
func (n *Notes) text() (t baseText) {
	t.earlier, t.current = n.earlier, n.packed
	if n.isPatched {
		if t.current = compressor(n.Compression).compress([]byte(n.patched)); t.current == nil {
			return baseText{}
		}
	}
	t.setJournaled()
	return t
}
