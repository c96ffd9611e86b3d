package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// storedBase gathers the newest base, and its text, of a snapshot and the rows after it.
// Rows may be in the snapshot too, and be there twice.
type storedBase struct {
	compression snapshot.Algorithm // of what it keeps

	base   base
	packed []byte   // the text, if known and not patched
	text   string   // the text, if isText
	isText bool     // it was patched
	past   [][]byte // a mergeBase's
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
	case len(entry) == 0 && b.hash == was.hash:
		return nil
	case len(entry) == 0:
		s.forget()
		return nil
	}
	return s.entry(entry[0], bytes.Clone(entry[1:]))
}

// entry takes an entry of a form, and keeps it.
func (s *storedBase) entry(form byte, entry []byte) error {
	switch {
	case form&^entryDraft == entryText:
		text, ok := decompress(entry)
		past := s.before(form, text, ok)
		s.forget()
		s.packed, s.past = entry, past
	case form&^entryDraft == entryPatch && len(entry) > len(s.base.hash):
		s.patch(form, [32]byte(entry), entry[len(s.base.hash):])
	case form == entryPast:
		s.forget()
		for len(entry) > 0 {
			length, n := binary.Uvarint(entry)
			if n <= 0 || length > uint64(len(entry)-n) {
				return errNote
			}
			part := entry[n : n+int(length) : n+int(length)]
			if entry = entry[n+int(length):]; s.packed == nil {
				s.packed = part
			} else {
				s.past = append(s.past, part)
			}
		}
	default:
		return errNote
	}
	return nil
}

// patch makes the text of the one before. Where that is not the one that was patched the
// text is not known, which its hash would tell.
func (s *storedBase) patch(form byte, of [32]byte, patch []byte) {
	was, ok := s.known()
	lines, okPatch := decompress(patch)
	text, err := applyLinePatch(was, []byte(lines), markdown.MaxSize)
	if !ok || !okPatch || hashOf(was) != of || err != nil || hashOf(text) != s.base.hash {
		s.forget()
		return
	}
	past := s.before(form, text, true)
	s.forget()
	s.text, s.isText, s.past = text, true, past
}

// before is what is past when a text is the base's, by an entry of a form.
func (s *storedBase) before(form byte, text string, ok bool) [][]byte {
	was, known := s.known()
	if !ok || !known || form&entryDraft == 0 {
		return nil
	}
	back, err := snapshot.Append(nil, snapshot.Snapshot{State: appendLinePatch(nil, text, was)}, s.compression)
	if err != nil {
		return nil
	}
	return remember(bytes.Clone(back), s.past)
}

func (s *storedBase) forget() { *s = storedBase{compression: s.compression, base: s.base} }

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

// merges is the text as rooms have it. It borrows nothing.
func (s *storedBase) merges() (m mergeBase) {
	m.past, m.packed = s.past, s.packed
	if s.isText {
		packed, err := snapshot.Append(nil, snapshot.Snapshot{State: []byte(s.text)}, s.compression)
		if err != nil {
			return mergeBase{}
		}
		m.packed = bytes.Clone(packed)
	}
	m.written()
	return m
}
