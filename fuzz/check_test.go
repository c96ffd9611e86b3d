package fuzz

import (
	"bytes"
	"errors"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// check records every form of the document, and its differences to old and random state vectors.
func (r *recorder) check() (*check, error) {
	c := new(check)
	state := r.doc.AppendState(nil)
	if size := r.doc.Size(); size < len(state) {
		return nil, &failure{Rule: "size", Text: "Size is less than what AppendState writes"}
	}
	for _, f := range forms {
		parts, err := f.encode(&r.doc)
		if err != nil && r.Hostile && errors.Is(err, view.ErrIncomplete) {
			continue
		} else if err != nil {
			return nil, &failure{Rule: f.name, Text: err.Error()}
		}
		c.Joins = append(c.Joins, join{f.name, r.putAll(parts)})
	}
	if err := r.diffs(c); err != nil {
		return nil, err
	}
	if err := r.view(c); err != nil {
		return nil, err
	}
	if !bytes.Equal(r.doc.AppendState(nil), state) || r.doc.HasChanges() {
		return nil, &failure{Rule: "read-only", Text: "encoding the document changed it"}
	}
	return c, nil
}

func (r *recorder) view(c *check) error {
	if r.Hostile {
		return nil
	}
	read, err := readView(&r.doc)
	if err != nil {
		return err
	}
	c.View = new(r.put(read))
	return nil
}

func (r *recorder) putAll(parts [][]byte) (ids []int) {
	for _, p := range parts {
		ids = append(ids, r.put(p))
	}
	return ids
}

func (r *recorder) diffs(c *check) error {
	for _, k := range r.kept[max(0, len(r.kept)-2):] {
		if err := r.diff(c, diff{Name: "diff", Have: k.vector, Base: &k.step}, (*ydoc.Doc).AppendDiff); err != nil {
			return err
		}
	}
	if err := r.diff(c, diff{Name: "diff", Have: r.put(r.someVector())}, (*ydoc.Doc).AppendDiff); err != nil {
		return err
	}
	return r.diff(c, diff{Name: "since", Have: r.put(r.someVector()), Listed: true}, (*ydoc.Doc).AppendSince)
}

func (r *recorder) diff(c *check, d diff, encode func(*ydoc.Doc, []byte, yjs.StateVector) []byte) error {
	have, err := yjs.ParseStateVector(nil, r.blobs[d.Have])
	if err != nil {
		return &failure{Rule: d.Name, Text: err.Error()}
	}
	update := encode(&r.doc, nil, have)
	if _, err := yjs.CheckUpdate(update); err != nil {
		return &failure{Rule: d.Name + ": refused", Text: err.Error()}
	}
	d.Update = r.put(update)
	c.Diffs = append(c.Diffs, d)
	return nil
}

// someVector returns a state vector at, below and, for one client, beyond the document's.
func (r *recorder) someVector() []byte {
	now, err := yjs.ParseStateVector(nil, r.doc.AppendStateVector(nil))
	if err != nil {
		panic(err)
	}
	var some yjs.StateVector
	for _, e := range now {
		switch r.rand.IntN(8) {
		case 0:
		case 1, 2, 3:
			some = append(some, e)
		case 4:
			some = append(some, yjs.ID{Client: e.Client, Clock: e.Clock + 3})
		default:
			some = append(some, yjs.ID{Client: e.Client, Clock: r.rand.Uint64N(e.Clock + 1)})
		}
	}
	return appendStateVector(nil, some)
}

func appendStateVector(dst []byte, sv yjs.StateVector) []byte {
	dst = lib0.AppendUvarint(dst, uint64(len(sv)))
	for _, e := range sv {
		dst = yjs.AppendID(dst, e)
	}
	return dst
}
