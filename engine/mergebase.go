package engine

import (
	"bytes"
	"crypto/sha256"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// mergeBase is the text of a room's base, which its document and its record both go back
// to. A change from outside is merged against it, or against one of those before it, if
// that is what was changed. They are kept compressed, in memory, in snapshots, and in the
// journal, where a row mostly has a line patch of the text before. Guarded by room.mu.
type mergeBase struct {
	packed  []byte   // the text, compressed; nil: not known. Never written to
	past    [][]byte // line patches, compressed, that lead to the texts before which drafts were saved here, the newest first. Never written to
	durable []byte   // packed as of the newest row, which the entry of the next may patch
	entry   []byte   // of packed for the next row; empty: as before
}

// An entry says what text a note's base has:
//
//	form:byte = 1  the text, compressed
//	form:byte = 2  hash of the text that is patched:32 bytes  a line patch, compressed
//	form:byte = 3  the text, compressed, and each of past:varUint length and bytes
//
// Of a draft that was saved here 128 is added to forms 1 and 2: the text before is past.
const (
	entryText  = 1
	entryPatch = 2
	entryPast  = 3
	entryDraft = 128
)

// How many texts before the base are kept, and how many bytes those may take.
const (
	maxPast      = 16
	maxPastBytes = 256 << 10
)

// packedText is a text on its way to be a merge base.
type packedText struct {
	packed []byte // nil: too long to be merged
	before []byte // of a draft that was saved here: the packed text that back leads to
	back   []byte // a line patch, compressed; nil: none
	entry  []byte // for the next row; nil: the text whole
	patch  []byte // the durable that entry patches
}

// pack compresses a text, and finds how the next row says it. It takes milliseconds for a
// long one, and is called without the room's lock.
func (r *room) pack(p *page, text string, hash [sha256.Size]byte) (t packedText) {
	if p.text.packed != nil && hash == p.base.hash {
		return packedText{packed: p.text.packed}
	}
	if len(text) > markdown.MaxSize {
		return t
	}
	if t.packed = r.e.compress([]byte(text)); t.packed == nil {
		return t
	}
	if was, ok := decompress(p.text.durable); ok {
		t.patch, t.entry = p.text.durable, r.e.patchEntry(was, text, len(t.packed))
	}
	return t
}

// packDraft is pack for a text that was saved here. The one before it becomes past.
func (r *room) packDraft(p *page, text string, hash [sha256.Size]byte) packedText {
	t := r.pack(p, text, hash)
	if t.packed == nil || same(t.packed, p.text.packed) {
		return t
	}
	if was, ok := decompress(p.text.packed); ok {
		t.before, t.back = p.text.packed, r.e.compress(appendLinePatch(nil, text, was))
	}
	if t.entry != nil {
		t.entry[0] |= entryDraft
	}
	return t
}

// patchEntry is the entry of a text that a row patches, nil where it would be longer than some bytes.
func (e *Engine) patchEntry(was, text string, most int) []byte {
	hash, patch := hashOf(was), e.compress(appendLinePatch(nil, was, text))
	if patch == nil || len(hash)+len(patch) >= most {
		return nil
	}
	return append(append([]byte{entryPatch}, hash[:]...), patch...)
}

// compress returns nil where that fails.
func (e *Engine) compress(b []byte) []byte {
	packed, err := snapshot.Append(nil, snapshot.Snapshot{State: b}, e.cfg.Compression)
	if err != nil {
		return nil
	}
	return bytes.Clone(packed) // as long as it is, as it is kept for long
}

// decompress returns false where nothing is packed.
func decompress(packed []byte) (text string, ok bool) {
	if packed == nil {
		return "", false
	}
	s, err := snapshot.Decode(packed, 2*markdown.MaxSize)
	return string(s.State), err == nil
}

// set makes t the text. The next row says it whole where it cannot patch the row before.
func (m *mergeBase) set(t packedText) {
	if same(t.packed, m.packed) {
		return
	}
	form := byte(entryText)
	if t.back != nil && same(t.before, m.packed) {
		m.past = remember(t.back, m.past)
		form |= entryDraft
	} else {
		m.past = nil
	}
	m.packed, m.entry = t.packed, t.entry
	if t.packed != nil && (t.entry == nil || !same(t.patch, m.durable)) {
		m.entry = append([]byte{form}, t.packed...)
	}
}

// remember puts a patch before others, as many as may be kept.
func remember(back []byte, past [][]byte) [][]byte {
	all, size := [][]byte{back}, len(back)
	for _, patch := range past {
		if size += len(patch); size > maxPastBytes || len(all) == maxPast {
			break
		}
		all = append(all, patch)
	}
	return all
}

// written notes that the entry is in a row.
func (m *mergeBase) written() { m.durable, m.entry = m.packed, nil }

// appendNote appends the base with its text and those before it; mu is held.
func (r *room) appendNote(dst []byte) []byte {
	dst = appendNote(dst, r.record.base, nil)
	if !r.record.base.known() {
		return dst
	}
	return r.record.text.appendEntry(dst)
}

// appendEntry appends nothing where the text is not known.
func (m *mergeBase) appendEntry(dst []byte) []byte {
	if m.packed == nil {
		return dst
	}
	dst = codec.AppendBytes(append(dst, entryPast), m.packed)
	for _, patch := range m.past {
		dst = codec.AppendBytes(dst, patch)
	}
	return dst
}

// same says whether two slices are one.
func same(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }
