package engine

import (
	"bytes"
	"crypto/sha256"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// mergeBase is the text of a room's base, which its document and its record both go back
// to. A change from outside is merged against it. It is kept compressed, in memory, in
// snapshots, and in the journal, where a row mostly has a line patch of the text before.
// Guarded by room.mu.
type mergeBase struct {
	packed  []byte // the text, compressed; nil: not known. Never written to
	durable []byte // packed as of the newest row, which the entry of the next may patch
	entry   []byte // of packed for the next row; empty: as before
}

// An entry says what text a note's base has:
//
//	form:byte = 1  the text, compressed
//	form:byte = 2  hash of the text that is patched:32 bytes  a line patch, compressed
const (
	entryText  = 1
	entryPatch = 2
)

// packedText is a text on its way to be a merge base.
type packedText struct {
	packed []byte // nil: too long to be merged
	entry  []byte
	patch  []byte // the durable that entry patches; nil: none
}

// pack compresses a text, and finds how the next row says it. It takes milliseconds for
// a long one, and is called without the room's lock.
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
	was, ok := decompress(p.text.durable)
	if !ok {
		return t
	}
	of := hashOf(was)
	patch := r.e.compress(appendLinePatch(nil, was, text))
	if entry := append(append([]byte{entryPatch}, of[:]...), patch...); patch != nil && len(entry) < len(t.packed) {
		t.entry, t.patch = entry, p.text.durable
	}
	return t
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
	m.packed, m.entry = t.packed, t.entry
	if t.packed != nil && (t.entry == nil || !same(t.patch, m.durable)) {
		m.entry = wholeEntry(nil, t.packed)
	}
}

// written notes that the entry is in a row.
func (m *mergeBase) written() { m.durable, m.entry = m.packed, nil }

// appendNote appends the base with its text; mu is held.
func (r *room) appendNote(dst []byte) []byte {
	if !r.record.base.known() || r.record.text.packed == nil {
		return appendNote(dst, r.record.base, nil)
	}
	return append(append(appendNote(dst, r.record.base, nil), entryText), r.record.text.packed...)
}

func wholeEntry(dst, packed []byte) []byte {
	if packed == nil {
		return dst
	}
	return append(append(dst, entryText), packed...)
}

// same says whether two slices are one.
func same(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }
