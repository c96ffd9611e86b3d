package stored

import (
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Salvage returns the document that the readable parts of a room make: its snapshot, nil if that is
// lost, and some of the rows after it. Updates that refer to lost ones are left out. lost is how
// many rows could not be read. limit is the length in bytes of the longest state that is read.
func Salvage(blob []byte, rows [][]byte, limit int) (s snapshot.Snapshot, lost int, err error) {
	doc := new(ydoc.Doc)
	if blob != nil {
		if s, err = snapshot.Decode(blob, limit); err != nil {
			return s, 0, err
		}
		if doc, err = ydoc.Load(s.State); err != nil {
			return s, 0, err
		}
	}
	table := AuthorsOf(s.Authors, 0)
	replay := table.Replay()
	for _, row := range rows {
		version, u, err := ParseRow(row)
		if err != nil {
			lost++
			table.Forget() // the row may have named other users
			continue
		}
		ApplyRow(doc, u, row, replay)
		s.Version = max(s.Version, version)
	}
	doc.ClearChanges()
	// There is no merge base: it is not known any more which text of the record the document had.
	s.State, s.Note, s.Authors = doc.AppendState(nil), nil, table.Append(nil)
	s.Claims = nil
	return s, lost, nil
}
