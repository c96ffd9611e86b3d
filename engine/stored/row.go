package stored

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// ErrRow is the error of a row of an unknown form.
var ErrRow = errors.New("journal row is of an unknown form")

// A journal row is one flushed update and the version it leads to:
//
//	format:byte = 1  version:varUint  update
//	format:byte = 3  version:varUint  fields  update
//	format:byte = 2  version:varUint  length:varUint  note  update
//
// Format 2 is read, and not written any more. Fields are a snapshot.Fields. The version is the
// room's after the update. It is a sum and not a difference, so that a row that was stored twice,
// or is in the snapshot too, counts once. The note is the merge base from the update on. It is in
// one row with the update, so that no document is ever found without the merge base that was set
// with it. The incarnation is only in the first row of a document, and in its snapshots. The
// authors are only in rows whose authors the rows before do not say already (package authors), and
// the claims only in the first row after they were made.
const (
	format       = 1
	formatNote   = 2
	formatFields = 3
)

// AppendRowHeader appends the part of a row before the update.
func AppendRowHeader(dst []byte, version uint64, f snapshot.Fields) []byte {
	if f.Empty() {
		return binary.AppendUvarint(append(dst, format), version)
	}
	return f.Append(binary.AppendUvarint(append(dst, formatFields), version))
}

// AppendRow appends the journal row of an update that takes a room to version.
func AppendRow(dst []byte, version uint64, update yjs.CheckedUpdate) []byte {
	return append(AppendRowHeader(dst, version, snapshot.Fields{}), update.Bytes()...)
}

// ParseRow returns the version and the update of a row, which it borrows. Its error is an ErrRow,
// or a *lib0.SyntaxError about the update.
func ParseRow(row []byte) (version uint64, u yjs.CheckedUpdate, err error) {
	version, _, update, err := SplitRow(row)
	if err != nil {
		return 0, u, err
	}
	if u, err = yjs.CheckUpdate(update); err != nil {
		return 0, u, fmt.Errorf("journal row: %w", err)
	}
	return version, u, nil
}

// SplitRow returns the parts of a row, which it borrows. The update is not checked.
func SplitRow(row []byte) (version uint64, f snapshot.Fields, update []byte, err error) {
	if len(row) == 0 {
		return 0, f, nil, ErrRow
	}
	version, n := binary.Uvarint(row[1:])
	if n <= 0 {
		return 0, f, nil, ErrRow
	}
	update = row[1+n:]
	switch row[0] {
	case format:
		n = 0
	case formatNote:
		f.Note, n, err = splitNote(update)
	case formatFields:
		if f, n, err = snapshot.ParseFields(update); err != nil {
			err = fmt.Errorf("%w: %v", ErrRow, err)
		}
	default:
		err = ErrRow
	}
	if err != nil {
		return 0, snapshot.Fields{}, nil, err
	}
	return version, f, update[n:], nil
}

// ApplyRow applies the update u of a row to a document, and adds its authors to a table, which
// counts them as part of the next row that is written (Map.ClearRow). Authors that cannot be read
// are nobody.
func ApplyRow(doc *ydoc.Doc, u yjs.CheckedUpdate, row []byte, replay *authors.Replay) ydoc.Result {
	_, f, _, _ := SplitRow(row)
	return Apply(doc, u, f.Authors, replay)
}

// Apply is ApplyRow with the form of the row's authors.
func Apply(
	doc *ydoc.Doc, u yjs.CheckedUpdate, form []byte, replay *authors.Replay,
) ydoc.Result {
	r := u.Read()
	structs, first := u.HasStructs() && r.NextSection(), uint64(0)
	if structs {
		first = r.Structs.Next.Client
	}
	_ = replay.Begin(form, structs, first)
	return doc.ApplyBy(u, authors.Nobody, replay)
}

// splitNote reads the note of a row of format 2, and returns where it ends.
func splitNote(b []byte) (note []byte, end int, err error) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length == 0 || length > uint64(len(b)-n) {
		return nil, 0, ErrRow
	}
	end = n + int(length)
	return b[n:end:end], end, nil
}
