package engine

import (
	"bytes"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// storedBase gathers the newest base, and its text, of a snapshot and the rows after it.
// Rows may be in the snapshot too, and be there twice.
type storedBase struct {
	base   base
	packed []byte // the text, if known; borrowed
	text   string // the same, where it was patched
	isText bool
}

// note takes the base of a note, if it is newer. A nil note is none.
func (s *storedBase) note(note []byte) error {
	if note == nil {
		return nil
	}
	b, entry, err := parseNote(note)
	if err != nil || b.turn <= s.base.turn {
		return err
	}
	was := s.base
	s.base = b
	switch {
	case len(entry) > 0 && entry[0] == entryText:
		s.packed, s.isText = entry[1:], false
	case len(entry) > len(b.hash) && entry[0] == entryPatch:
		s.patch(entry[1:])
	case len(entry) > 0:
		return errNote
	case b.hash != was.hash:
		s.forget()
	}
	return nil
}

// patch makes the text of the one before. Where that is not the one that was patched the
// text is not known, which its hash would tell.
func (s *storedBase) patch(entry []byte) {
	was, ok := s.known()
	patch, okPatch := decompress(entry[len(s.base.hash):])
	if !ok || !okPatch || hashOf(was) != [32]byte(entry[:len(s.base.hash)]) {
		s.forget()
		return
	}
	text, err := applyLinePatch(was, []byte(patch), markdown.MaxSize)
	if err != nil || hashOf(text) != s.base.hash {
		s.forget()
		return
	}
	s.text, s.isText, s.packed = text, true, nil
}

func (s *storedBase) forget() { s.packed, s.text, s.isText = nil, "", false }

func (s *storedBase) known() (text string, ok bool) {
	if s.isText {
		return s.text, true
	}
	return decompress(s.packed)
}

// rows takes the bases of rows, which have been parsed.
func (s *storedBase) rows(rows [][]byte) error {
	for i, row := range rows {
		_, note, _, _ := splitRow(row)
		if err := s.note(note); err != nil {
			return fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
	}
	return nil
}

// pack is the text as it is kept, nil if it is not known. It borrows nothing.
func (s *storedBase) pack(a snapshot.Algorithm) []byte {
	if !s.isText {
		return bytes.Clone(s.packed)
	}
	packed, err := snapshot.Append(nil, snapshot.Snapshot{State: []byte(s.text)}, a)
	if err != nil {
		return nil
	}
	return bytes.Clone(packed)
}
