package engine

import (
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Salvage makes a document of what can be had of a room: its snapshot, nil if that is
// lost, and some of the rows after it. What refers to something that is lost is left out.
// lost is how many rows were of no use by themselves. limit is the most that the
// snapshot's state may have in bytes.
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
	for _, row := range rows {
		version, u, err := parseRow(row)
		if err != nil {
			lost++
			continue
		}
		doc.Apply(u)
		s.Version = max(s.Version, version)
	}
	doc.ClearChanges()
	// No base: nothing proves any more which state of the record the document goes back to.
	s.State, s.Note = doc.AppendState(nil), nil
	return s, lost, nil
}
