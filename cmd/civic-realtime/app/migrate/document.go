package migrate

import (
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// errMissing says that updates refer to others that the store does not have.
var errMissing = errors.New("it is not whole: updates refer to others that the store does not have")

// merge returns the document that updates make, without what refers to missing updates. err says
// why it may not be the whole document; nil: it is.
func merge(updates [][]byte) (doc *ydoc.Doc, err error) {
	doc = new(ydoc.Doc)
	checked := make([]yjs.CheckedUpdate, 0, len(updates))
	for i, b := range updates {
		u, damage := yjs.CheckUpdate(b)
		if damage != nil {
			err = errors.Join(err, fmt.Errorf("update %d of %d is no Yjs update (V1): %w", i+1, len(updates), damage))
			continue
		}
		checked = append(checked, u)
	}
	whole, refused := applyAll(doc, checked)
	if refused != nil {
		err = errors.Join(err, refused)
	} else if !whole {
		err = errors.Join(err, errMissing)
	}
	return doc, err
}

// applyAll applies updates in whatever order they refer to each other. It reports whether the
// document has all of them then, and why a part was refused.
func applyAll(doc *ydoc.Doc, updates []yjs.CheckedUpdate) (whole bool, refused error) {
	for size, dropped := -1, true; dropped && size < doc.Size(); {
		size = doc.Size()
		if dropped, refused = apply(doc, updates); refused != nil {
			return false, refused
		}
		whole = doc.PendingSize() == 0 && (!dropped || contains(doc, updates))
	}
	doc.ClearChanges()
	return whole, nil
}

// apply applies updates. It reports whether more was pending than is kept, so that they must be
// applied again, and why a part was refused.
func apply(doc *ydoc.Doc, updates []yjs.CheckedUpdate) (dropped bool, refused error) {
	for _, u := range updates {
		r := doc.Apply(u)
		dropped = dropped || r.Dropped
		if r.Refused != nil {
			refused = r.Refused
		}
	}
	return dropped, refused
}

func contains(doc *ydoc.Doc, updates []yjs.CheckedUpdate) bool {
	for _, u := range updates {
		if !doc.Contains(u) {
			return false
		}
	}
	return true
}

// isEmpty reports whether a document has nothing.
func isEmpty(doc *ydoc.Doc) bool {
	return doc.Empty() && !doc.HasDeletes() && doc.PendingSize() == 0
}
