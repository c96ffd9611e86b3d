package engine

import (
	"cmp"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// ReadStored is what a Store's Load of a room means, for who has no engine: its
// snapshot, nil if there is none, and the rows after it as one. limit is the most
// that the snapshot's state may have in bytes. It may borrow blob.
func ReadStored(blob []byte, rows [][]byte, limit int) (s snapshot.Snapshot, err error) {
	doc := new(ydoc.Doc)
	if blob != nil {
		if s, err = snapshot.Decode(blob, limit); err != nil {
			return s, err
		}
		if doc, err = ydoc.Load(s.State); err != nil {
			return s, fmt.Errorf("snapshot: %w", err)
		}
	}
	if err := replay(doc, rows, &s.Version); err != nil {
		return s, err
	}
	var notes recordsync.Notes
	if err := notes.Add(s.Note); err != nil {
		return s, fmt.Errorf("snapshot: %w", err)
	}
	if err := addRowFields(&notes, &s.Incarnation, rows); err != nil {
		return s, err
	}
	s.State, s.Note = doc.AppendState(nil), notes.Append(nil)
	return s, nil
}

// addRowFields adds the notes of rows, which have been parsed, and sets incarnation if a row
// has one.
func addRowFields(notes *recordsync.Notes, incarnation *uint64, rows [][]byte) error {
	for i, row := range rows {
		_, f, _, _ := splitRow(row)
		*incarnation = cmp.Or(f.Incarnation, *incarnation)
		if err := notes.Add(f.Note); err != nil {
			return fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
	}
	return nil
}

// replay applies journal rows, and raises version to theirs.
func replay(doc *ydoc.Doc, rows [][]byte, version *uint64) error {
	for i, row := range rows {
		v, u, err := parseRow(row)
		if err != nil {
			return fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
		doc.Apply(u)
		*version = max(*version, v)
	}
	doc.ClearChanges()
	if doc.PendingSize() > 0 {
		return ErrIncomplete
	}
	return nil
}

// AppendRow appends the journal row of an update that takes a room to version.
func AppendRow(dst []byte, version uint64, update yjs.CheckedUpdate) []byte {
	return append(appendRowHeader(dst, version, snapshot.Fields{}), update.Bytes()...)
}
