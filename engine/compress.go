package engine

import (
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// decompress is called with mu held before the document is needed.
func (r *room) decompress() error {
	if r.compressed.blob == nil {
		return nil
	}
	s, err := snapshot.Decode(r.compressed.blob, r.e.cfg.MaxDocument)
	if err != nil {
		return fmt.Errorf("compressed document: %w", err)
	}
	doc, err := ydoc.Load(s.State)
	if err != nil {
		return fmt.Errorf("compressed document: %w", err)
	}
	if r.doc, r.compressed.blob = *doc, nil; r.state == stateCompressed {
		r.state = stateIdle
	}
	r.e.metrics.compressed.Dec()
	return nil
}

// snapshotSource is what a snapshot is made of.
type snapshotSource struct {
	state, note []byte
	compressed  []byte // what state is to be read from, which is empty then; nil: it is there
	whole       bool   // compressed is the snapshot itself: no more is needed of it
	cuts        []int  // where state may be cut
	of          snapshotPoint
	writer      string // credential of the peer that wrote last
	written     bool   // there is one
	grown       bool   // the document is to be compacted
}

func (t *snapshotSource) snapshot() snapshot.Snapshot {
	return snapshot.Snapshot{
		Version: t.of.version, State: t.state, Note: t.note, Incarnation: t.of.incarnation,
	}
}

// snapshotPoint is when a snapshot was taken.
type snapshotPoint struct {
	version     uint64
	through     uint64 // the row up to which it has everything, and perhaps more
	generation  uint64 // of the merge base
	incarnation uint64 // of the document
}

// keptArena is the capacity of the largest buffers that the saver keeps, in bytes.
const keptArena = 4 << 20
