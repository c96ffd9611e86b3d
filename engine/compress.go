package engine

import (
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// decompress makes a compressed document usable. It is called before the document is used, with mu
// held.
func (r *room) decompress() error {
	if r.compressed.blob == nil {
		return nil
	}
	s, err := snapshot.Decode(r.compressed.blob, r.e.cfg().MaxDocument)
	if err != nil {
		return fmt.Errorf("compressed document: %w", err)
	}
	doc, err := ydoc.Load(s.State)
	if err != nil {
		return fmt.Errorf("compressed document: %w", err)
	}
	r.restoreAuthors(s.Authors, len(s.Authors) > 0)
	if r.doc, r.compressed.blob = *doc, nil; r.state == stateCompressed {
		r.state = stateIdle
	}
	r.e.metrics.compressed.Dec()
	return nil
}

// snapshotSource is the input for a snapshot, taken from a room at one moment.
type snapshotSource struct {
	state, note []byte
	authors     []byte // the form of the authors; empty: none are known
	claims      []byte // of drafts; empty: there are none
	former      []byte // the form of the former clients; empty: none are known
	compressed  []byte // a snapshot that state is read from, and is empty until then; nil for none
	whole       bool   // compressed is stored as it is, and state not needed
	cuts        []int  // the positions at which state may be cut
	of          snapshotPoint
	writer      string // credential of the peer that wrote last
	written     bool   // there is such a peer
	grown       bool   // state is to be compacted
	unannounced Announcement

	request *saveRequest // to be answered when the snapshot is stored; nil for none
}

// snapshot returns the snapshot, which borrows state, note, authors, claims and former.
func (t *snapshotSource) snapshot() snapshot.Snapshot {
	return snapshot.Snapshot{
		Version: t.of.version, State: t.state, Note: t.note, Incarnation: t.of.incarnation,
		Authors: t.authors, Claims: t.claims, Former: t.former,
	}
}

// snapshotPoint identifies the state of a room that a snapshot has.
type snapshotPoint struct {
	version     uint64
	through     uint64 // all rows up to this sequence number are in it; others may be
	generation  uint64 // of the merge base
	incarnation uint64 // of the document
}

// keptArena is the capacity of the largest buffers that the saver keeps, in bytes.
const keptArena = 4 << 20
