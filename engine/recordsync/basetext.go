package recordsync

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/linepatch"
)

// baseText is the text of a room's merge base. An external change is merged against it, or against
// an earlier text if the change was made from that. Texts are kept compressed: in memory, in
// snapshots, and in the journal, where most rows have a line patch of the text before. The byte
// slices are never written to.
type baseText struct {
	current   []byte   // compressed; nil: not known
	earlier   [][]byte // compressed line patches, each to the text before a draft; newest first
	journaled []byte   // current as of the newest row; the entry of the next may patch it
	entry     []byte   // the entry of current for the next row; empty: no change
}

// An entry of a note has the text of its merge base:
//
//	form:byte = 1  the text, compressed
//	form:byte = 2  hash of the text that is patched:32 bytes  a line patch, compressed
//	form:byte = 3  the text, compressed, and each of earlier:varUint length and bytes
//
// 128 is added to forms 1 and 2 for a draft that was saved here: the text before it becomes
// the first of the earlier ones.
const (
	entryText    = 1
	entryPatch   = 2
	entryHistory = 3
	entryDraft   = 128
)

// maxEarlier is how many earlier texts are kept, maxEarlierBytes how many bytes they may take.
const (
	maxEarlier      = 16
	maxEarlierBytes = 256 << 10
)

// textChange is the change of a baseText to another text.
type textChange struct {
	text    []byte // compressed; nil: too long to be merged
	before  []byte // for a draft that was saved here: the compressed text that back leads to
	back    []byte // a compressed line patch; nil: none
	entry   []byte // for the next row; nil: the text as a whole
	patched []byte // the journaled text that entry patches
}

// compressor compresses texts with one algorithm.
type compressor snapshot.Algorithm

// compress returns nil if compression fails. The result has no spare capacity, as it is kept for
// long.
func (a compressor) compress(b []byte) []byte {
	packed, err := snapshot.Append(nil, snapshot.Snapshot{State: b}, snapshot.Algorithm(a))
	if err != nil {
		return nil
	}
	return bytes.Clone(packed)
}

// decompress returns false for nil.
func decompress(packed []byte) (text string, ok bool) {
	if packed == nil {
		return "", false
	}
	s, err := snapshot.Decode(packed, 2*markdown.MaxSize)
	return string(s.State), err == nil
}

// changeTo prepares the change of t to text, with its shortest entry. That takes milliseconds for a
// long text, so it is not called with the room's lock held.
func (a compressor) changeTo(t *baseText, text string) (c textChange) {
	if len(text) > markdown.MaxSize {
		return c
	}
	if c.text = a.compress([]byte(text)); c.text == nil {
		return c
	}
	if was, ok := decompress(t.journaled); ok {
		c.patched, c.entry = t.journaled, a.patchEntry(was, text, len(c.text))
	}
	return c
}

// draft returns c, a change of t, as the change to a draft that was saved here: it makes the text
// of t the newest of the earlier texts.
func (a compressor) draft(t *baseText, c textChange, text string) textChange {
	if c.text == nil || sameSlice(c.text, t.current) {
		return c
	}
	if was, ok := decompress(t.current); ok {
		c.before, c.back = t.current, a.compress(linepatch.Append(nil, text, was))
	}
	if c.entry != nil {
		c.entry[0] |= entryDraft
	}
	return c
}

// patchEntry returns the entry that patches was, nil if that is not shorter than most bytes.
func (a compressor) patchEntry(was, text string, most int) []byte {
	hash, patch := hashOf(was), a.compress(linepatch.Append(nil, was, text))
	if patch == nil || len(hash)+len(patch) >= most {
		return nil
	}
	return append(append([]byte{entryPatch}, hash[:]...), patch...)
}

// set applies a change. The entry of the next row has the whole text if it cannot patch the text of
// the row before.
func (t *baseText) set(c textChange) {
	if sameSlice(c.text, t.current) {
		return
	}
	form := byte(entryText)
	if c.back != nil && sameSlice(c.before, t.current) {
		t.earlier = prepend(c.back, t.earlier)
		form |= entryDraft
	} else {
		t.earlier = nil
	}
	t.current, t.entry = c.text, c.entry
	if c.text != nil && (c.entry == nil || !sameSlice(c.patched, t.journaled)) {
		t.entry = append([]byte{form}, c.text...)
	}
}

// prepend puts a patch before others, as far as they may be kept.
func prepend(back []byte, earlier [][]byte) [][]byte {
	all, size := [][]byte{back}, len(back)
	for _, patch := range earlier {
		if size += len(patch); size > maxEarlierBytes || len(all) == maxEarlier {
			break
		}
		all = append(all, patch)
	}
	return all
}

// setJournaled notes that the entry is in a row.
func (t *baseText) setJournaled() { t.journaled, t.entry = t.current, nil }

// appendHistory appends the entry of a snapshot, which is empty if the text is not known.
func (t *baseText) appendHistory(dst []byte) []byte {
	if t.current == nil {
		return dst
	}
	dst = lib0.AppendBytes(append(dst, entryHistory), t.current)
	for _, patch := range t.earlier {
		dst = lib0.AppendBytes(dst, patch)
	}
	return dst
}

// sameSlice reports whether two slices have the same memory.
func sameSlice(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }
