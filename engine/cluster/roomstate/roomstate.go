// Package roomstate merges and compares stored states of a room: what Redis has, what lies on a
// disk, and late updates. It has no goroutines, I/O or clock.
//
// Files, in layers; each uses only what is listed before it:
//
//	roomstate.go  State: reading, merging, comparing, writing
package roomstate

import (
	"bytes"
	"cmp"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// State is the state of a room: a document, its version, its incarnation, and its merge base. The
// zero value is empty. It is not safe for concurrent use.
type State struct {
	Version     uint64
	Incarnation uint64 // as it is stored; see snapshot.Rank

	Deleted snapshot.Deletion // the document was deleted, and is empty
	Former  stored.Former     // clients of documents that were deleted

	doc     ydoc.Doc
	notes   recordsync.Notes
	authors *authors.Map // nil while nothing was merged
	replay  *authors.Replay
	some    bool
}

// Read returns the state that a snapshot, nil for none, and rows make. limit is the length of the
// longest document in bytes.
func Read(blob []byte, rows [][]byte, limit int) (*State, error) {
	s := new(State)
	if blob != nil {
		if err := s.Add(blob, limit); err != nil {
			return nil, err
		}
	}
	for i, row := range rows {
		if err := s.Add(row, limit); err != nil {
			return nil, fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
	}
	return s, nil
}

// Add merges a journal row or a snapshot. A row whose updates refer to others that are not there is
// merged as far as it can be; see Incomplete. After an error the state is as before.
func (s *State) Add(data []byte, limit int) error {
	if IsSnapshot(data) {
		return s.addSnapshot(data, limit)
	}
	version, update, err := stored.ParseRow(data)
	if err != nil {
		return err
	}
	_, f, _, _ := stored.SplitRow(data)
	if err := s.notes.Add(f.Note, f.Claims); err != nil {
		return err
	}
	s.beginAuthors(nil)
	stored.ApplyRow(&s.doc, update, data, s.replay)
	s.merged(version, f.Incarnation, f.Deleted)
	s.Former = s.Former.And(stored.FormerOf(nil, [][]byte{data}))
	return nil
}

// beginAuthors makes the table of authors, with those of the first snapshot, if there is none yet.
func (s *State) beginAuthors(form []byte) {
	if s.authors == nil {
		s.authors = stored.AuthorsOf(form, 0)
		s.replay = s.authors.Replay()
	}
}

func (s *State) addSnapshot(blob []byte, limit int) error {
	x, err := snapshot.Decode(blob, limit)
	if err != nil {
		return err
	}
	loaded := !s.some
	if loaded {
		doc, err := ydoc.Load(x.State)
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		s.doc = *doc
		s.beginAuthors(x.Authors)
	} else {
		update, err := yjs.CheckUpdate(x.State)
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		// It may give other numbers to users than the rows do.
		stored.Apply(&s.doc, update, authors.Whole(x.Authors), s.authors.Replay())
	}
	if err := s.notes.Add(x.Note, x.Claims); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	s.merged(x.Version, x.Incarnation, x.Deleted)
	s.Former = s.Former.And(stored.FormerOf(blob, nil))
	return nil
}

func (s *State) merged(version, incarnation uint64, deleted snapshot.Deletion) {
	s.doc.ClearChanges()
	s.authors.ClearRow()
	s.some = true
	s.Version, s.Incarnation = max(s.Version, version), cmp.Or(s.Incarnation, incarnation)
	s.Deleted = cmp.Or(s.Deleted, deleted)
}

// Empty reports whether nothing was merged.
func (s *State) Empty() bool { return !s.some }

// Incomplete reports whether updates refer to others that are not there. They are left out of what
// is written.
func (s *State) Incomplete() bool { return s.doc.PendingSize() > 0 }

// Clock returns the number of structs of a client that the document has.
func (s *State) Clock(client uint64) uint64 { return s.doc.Clock(client) }

// Snapshot returns the state as a stored snapshot.
func (s *State) Snapshot(a snapshot.Algorithm) ([]byte, error) {
	return snapshot.Append(nil, snapshot.Snapshot{
		Version: s.Version, State: s.doc.AppendState(nil), Note: s.notes.Append(nil),
		Incarnation: s.Incarnation, Authors: s.authors.Append(nil), Deleted: s.Deleted,
		Claims: s.notes.AppendClaims(nil), Former: s.Former.Append(nil),
	}, a)
}

// Lacking returns a journal row with all that s has and other lacks; nil if that is nothing.
func (s *State) Lacking(other *State) ([]byte, error) {
	newer := s.notes.Generation() > other.notes.Generation()
	deletes := s.Deleted.At != 0 && other.Deleted.At == 0
	all := yjs.Trust(s.doc.AppendState(nil))
	if !newer && !deletes && other.doc.Contains(all) {
		return nil, nil
	}
	have, err := yjs.ParseStateVector(nil, other.doc.AppendStateVector(nil))
	if err != nil {
		return nil, err
	}
	f := snapshot.Fields{
		Incarnation: s.Incarnation, Authors: authors.Whole(s.authors.Append(nil)),
		Former: s.Former.Append(nil),
	}
	if deletes {
		f.Deleted = s.Deleted
	}
	if newer {
		f.Note, f.Claims = s.notes.Append(nil), s.notes.AppendClaims(nil)
	}
	return s.doc.AppendDiff(stored.AppendRowHeader(nil, s.Version, f), have), nil
}

// IsSnapshot reports whether data is a stored snapshot, and not a journal row.
func IsSnapshot(data []byte) bool { return bytes.HasPrefix(data, []byte("CvRt")) }

// AsRow returns data as a journal row, if it is a snapshot.
func AsRow(data []byte, limit int) ([]byte, error) {
	if !IsSnapshot(data) {
		return data, nil
	}
	x, err := snapshot.Decode(data, limit)
	if err != nil {
		return nil, err
	}
	f := snapshot.Fields{
		Note: x.Note, Incarnation: x.Incarnation, Authors: authors.Whole(x.Authors),
		Deleted: x.Deleted, Claims: x.Claims, Former: x.Former,
	}
	return append(stored.AppendRowHeader(nil, x.Version, f), x.State...), nil
}

// Bare returns data as a journal row without an incarnation, to be merged into a document that has
// that incarnation.
func Bare(data []byte, limit int) ([]byte, error) {
	row, err := AsRow(data, limit)
	if err != nil {
		return nil, err
	}
	version, f, update, err := stored.SplitRow(row)
	if err != nil || f.Incarnation == 0 {
		return row, err
	}
	f.Incarnation = 0
	return append(stored.AppendRowHeader(nil, version, f), update...), nil
}

// IncarnationOf returns the incarnation of a snapshot or a journal row, as it is stored; 0 if it
// has none.
func IncarnationOf(data []byte) uint64 {
	if IsSnapshot(data) {
		info, _ := snapshot.Stat(data)
		return info.Incarnation
	}
	_, f, _, _ := stored.SplitRow(data)
	return f.Incarnation
}

// IsDeleted reports whether a snapshot or a journal row says that its document was deleted.
func IsDeleted(data []byte) bool {
	if IsSnapshot(data) {
		return stored.Deleted(data, nil).At != 0
	}
	return stored.Deleted(nil, [][]byte{data}).At != 0
}
