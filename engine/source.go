package engine

import (
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// source is what answers are made of: the document as it is, or as it was.
type source struct {
	doc interface {
		AppendStateVector(dst []byte) []byte
		AppendState(dst []byte) []byte
		AppendDiff(dst []byte, have yjs.StateVector) []byte
		AppendSince(dst []byte, from yjs.StateVector) []byte
	}
	version uint64
	past    bool // as it was
}

// now is the document as it is.
func (r *room) now() source { return source{&r.doc, r.version, false} }

// past is the document as it is durable, for a room that is delayed. A record's text is
// as good, as it can be had again. A room of a record that has neither yet has no past:
// who writes on its empty page would not see the record's text.
func (r *room) past() (src source, ok bool) {
	last, version := yjs.Trust(r.commit.cut.update), r.commit.durable
	if r.commit.cut.seed {
		last, version = yjs.Trust(nil), r.commit.cut.version
	}
	return source{r.doc.StateBefore(last), version, true}, r.record == nil || version > 0
}
