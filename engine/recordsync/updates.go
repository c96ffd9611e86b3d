package recordsync

import (
	"errors"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Records may hold Yjs updates instead of Markdown (DocumentRecords). Then an external change is an
// update like any other: it is applied to the document, and needs neither a common ancestor nor a
// seed. The place of a document's Markdown is taken by its fingerprint, which is never stored.

var errIncomplete = errors.New("stored updates refer to updates that are not stored")

// fingerprintOf returns a text that two documents have in common if and only if they have the same
// structs and the same deleted ranges: the state vector and an update that only deletes. It is ""
// for an empty document.
func fingerprintOf(state []byte) (string, error) {
	doc, err := ydoc.Load(state)
	if err != nil {
		return "", err
	}
	return fingerprint(doc), nil
}

func fingerprint(doc *ydoc.Doc) string {
	if doc.Empty() && !doc.HasDeletes() {
		return ""
	}
	vector := doc.AppendStateVector(nil)
	have, err := yjs.ParseStateVector(nil, vector)
	if err != nil {
		return "" // it was just written
	}
	return string(doc.AppendDiff(vector, have))
}

var errLarge = errors.New("the content is larger than a document may be")

// updateOf returns the content of a record, and the fingerprint of the document that has nothing
// else. An update that refers to others, which it lacks, is an error: the document would never show
// a part of it. So is one of more than most bytes.
func updateOf(text Text, most int) (u yjs.CheckedUpdate, print string, err error) {
	switch {
	case len(text.Update) == 0:
		return u, "", nil
	case len(text.Update) > most:
		return u, "", errLarge
	}
	if u, err = yjs.CheckUpdate(text.Update); err != nil {
		return u, "", err
	}
	var doc ydoc.Doc
	if err = applyWhole(&doc, u); err != nil {
		return yjs.CheckedUpdate{}, "", err
	}
	if print = fingerprint(&doc); print == "" {
		return yjs.CheckedUpdate{}, "", nil
	}
	return u, print, nil
}

// applyWhole applies an update. It fails if a part of the update stays pending.
func applyWhole(doc *ydoc.Doc, u yjs.CheckedUpdate) error {
	before := doc.PendingSize()
	out := doc.Apply(u)
	switch {
	case out.Refused != nil:
		return out.Refused
	case doc.PendingSize() > before || out.Dropped:
		return errIncomplete
	}
	return nil
}
