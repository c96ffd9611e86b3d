package stored

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// ErrIncomplete says that updates refer to others that are not stored.
var ErrIncomplete = errors.New("stored updates refer to updates that are not stored")

// Read returns the document of a room as a snapshot, from the results of a Store's Load: blob is
// the stored snapshot, nil if there is none, and rows are those after it. limit is the length in
// bytes of the longest state that is read. The result may borrow blob.
func Read(blob []byte, rows [][]byte, limit int) (s snapshot.Snapshot, err error) {
	s, doc, err := readSnapshot(blob, limit)
	if err != nil {
		return s, err
	}
	table := AuthorsOf(s.Authors, 0)
	if err := Replay(doc, rows, &s.Version, table); err != nil {
		return s, err
	}
	var notes recordsync.Notes
	if err := notes.Add(s.Note, s.Claims); err != nil {
		return s, fmt.Errorf("snapshot: %w", err)
	}
	if err := AddFields(&notes, &s.Incarnation, rows); err != nil {
		return s, err
	}
	if d := Deleted(nil, rows); d.At != 0 {
		s.Deleted = d
	}
	s.State, s.Note, s.Authors = doc.AppendState(nil), notes.Append(nil), table.Append(nil)
	s.Claims = notes.AppendClaims(nil)
	s.Former = FormerOf(blob, rows).Append(nil)
	return s, nil
}

// readSnapshot returns a stored snapshot with its document, which is empty if there is none.
func readSnapshot(blob []byte, limit int) (s snapshot.Snapshot, doc *ydoc.Doc, err error) {
	if blob == nil {
		return s, new(ydoc.Doc), nil
	}
	if s, err = snapshot.Decode(blob, limit); err != nil {
		return s, nil, err
	}
	if doc, err = ydoc.Load(s.State); err != nil {
		err = fmt.Errorf("snapshot: %w", err)
	}
	return s, doc, err
}

// AuthorsOf returns the authors that a snapshot has, as a table of at most so many runs; 0:
// authors.DefaultMaxRuns. Of a form that cannot be read nobody is known: what people wrote counts
// for more.
func AuthorsOf(form []byte, maxRuns int) *authors.Map {
	table, err := authors.Read(form, maxRuns)
	if err != nil {
		return authors.New(maxRuns)
	}
	return table
}

// AddFields adds the notes and claims of rows, which Replay has accepted, and sets incarnation if a
// row has one.
func AddFields(notes *recordsync.Notes, incarnation *uint64, rows [][]byte) error {
	for i, row := range rows {
		_, f, _, _ := SplitRow(row)
		*incarnation = cmp.Or(f.Incarnation, *incarnation)
		if err := notes.Add(f.Note, f.Claims); err != nil {
			return fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
	}
	return nil
}

// Deleted returns the deletion of a room, from the results of a Store's Load; zero if the room was
// not deleted. The document of a deleted room is empty.
func Deleted(blob []byte, rows [][]byte) (d snapshot.Deletion) {
	if blob != nil {
		info, _ := snapshot.Stat(blob)
		d = info.Deleted
	}
	for _, row := range rows {
		if _, f, _, err := SplitRow(row); err == nil && f.Deleted.At != 0 {
			d = f.Deleted
		}
	}
	return d
}

// Replay applies journal rows to a document, adds their authors to a table, which may be nil, and
// raises version to theirs. Its error is an ErrRow, ErrIncomplete, or a *lib0.SyntaxError about an
// update.
func Replay(doc *ydoc.Doc, rows [][]byte, version *uint64, table *authors.Map) error {
	_, err := ReplayUsers(doc, rows, version, table, len(rows))
	return err
}

// ReplayUsers is Replay, and returns the users of the rows from the one with an index on, as far as
// the table knows them.
func ReplayUsers(
	doc *ydoc.Doc, rows [][]byte, version *uint64, table *authors.Map, from int,
) (users []authors.Author, err error) {
	replay := table.Replay()
	for i, row := range rows {
		v, u, err := ParseRow(row)
		if err != nil {
			return nil, fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
		if i == from {
			replay.CountUsers()
		}
		ApplyRow(doc, u, row, replay)
		*version = max(*version, v)
	}
	doc.ClearChanges()
	table.ClearRow()
	if doc.PendingSize() > 0 {
		return nil, ErrIncomplete
	}
	return replay.Users(), nil
}

// UsersSince returns the users of the rows that led a room to versions after one, from the results
// of a Store's Load. limit is as for Read.
func UsersSince(
	blob []byte, rows [][]byte, version uint64, limit int,
) (users []authors.Author, err error) {
	s, doc, err := readSnapshot(blob, limit)
	if err != nil {
		return nil, err
	}
	from := 0
	for from < len(rows) {
		v, _, _, err := SplitRow(rows[from])
		if err == nil && v > version {
			break
		}
		from++
	}
	return ReplayUsers(doc, rows, &s.Version, AuthorsOf(s.Authors, 0), from)
}
