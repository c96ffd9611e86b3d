package engine

import (
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// source is the document that answers are made of: as it is, or as it was.
type source struct {
	doc interface {
		AppendStateVector(dst []byte) []byte
		AppendState(dst []byte) []byte
		AppendDiff(dst []byte, have yjs.StateVector) []byte
		AppendSince(dst []byte, from yjs.StateVector) []byte
	}
	version uint64
	past    bool // it is the document as it was
}

// now returns the document as it is.
func (r *room) now() source { return source{&r.doc, r.version, false} }

// past returns the durable document, for a room that is delayed. A record's text counts as durable,
// as it can be fetched again. The room of a record that has no durable version and no such text has
// no past: a user who writes on its empty page would not see the record's text.
func (r *room) past() (src source, ok bool) {
	last, version := yjs.Trust(r.commit.cut.update), r.commit.durable
	if r.commit.cut.seed {
		last, version = yjs.Trust(nil), r.commit.cut.version
	}
	return source{r.doc.StateBefore(last), version, true}, r.record == nil || version > 0
}
