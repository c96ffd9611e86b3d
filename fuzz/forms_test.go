package fuzz

import (
	"bytes"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// A form is a way to send a whole document: updates that, applied in order to an empty Y.Doc, make
// the document, and none of which leaves pending structs.
type form struct {
	name   string
	encode func(*ydoc.Doc) ([][]byte, error)
}

// forms are compared with Yjs at every full comparison. They must not change the document.
var forms = []form{
	{"state", func(d *ydoc.Doc) ([][]byte, error) { return one(d.AppendState(nil)), nil }},
	{"reloaded", reloaded},
	{"snapshot", throughSnapshot},
	{"split", func(d *ydoc.Doc) ([][]byte, error) { return split(d.AppendState(nil), splitLimit) }},
	{"compacted", func(d *ydoc.Doc) ([][]byte, error) {
		update, err := compacted(d)
		return one(update), err
	}},
}

func one(update []byte) [][]byte { return [][]byte{update} }

// load returns a document with a state, as a room does.
func load(state []byte) (*ydoc.Doc, error) {
	u, err := yjs.CheckUpdate(state)
	if err != nil {
		return nil, fmt.Errorf("CheckUpdate refuses the document's own state: %w", err)
	}
	d := new(ydoc.Doc)
	if d.Apply(u).Missing || d.PendingSize() > 0 {
		return nil, fmt.Errorf("a document that loads the state waits for something")
	}
	return d, nil
}

// reloaded loads the state and encodes it again, which must give the same bytes.
func reloaded(d *ydoc.Doc) ([][]byte, error) {
	state := d.AppendState(nil)
	loaded, err := load(state)
	if err != nil {
		return nil, err
	}
	again := loaded.AppendState(nil)
	if again2, err := load(again); err != nil {
		return nil, err
	} else if !bytes.Equal(again2.AppendState(nil), again) {
		return nil, fmt.Errorf("a state that was loaded twice changed again")
	}
	return one(again), nil
}

func throughSnapshot(d *ydoc.Doc) ([][]byte, error) {
	state := d.AppendState(nil)
	stored, err := snapshot.Append(nil, snapshot.Snapshot{Version: 7, State: state}, snapshot.Zstd)
	if err != nil {
		return nil, err
	}
	read, err := snapshot.Decode(stored, len(state))
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(read.State, state) {
		return nil, fmt.Errorf("a snapshot gives back another state")
	}
	return one(read.State), nil
}

// splitLimit is the smallest that Split takes: it cuts where 64 KiB would cut a large document.
const splitLimit = 256

// split cuts an update in parts. Only a struct that cannot be cut may exceed the limit.
func split(update []byte, limit int) (parts [][]byte, err error) {
	ydoc.Split(yjs.Trust(update), limit, func(part []byte) {
		parts = append(parts, bytes.Clone(part))
	})
	for _, part := range parts {
		u, bad := yjs.CheckUpdate(part)
		if bad != nil {
			return nil, fmt.Errorf("CheckUpdate refuses a part: %w", bad)
		}
		if len(part) > limit && structs(u) != 1 {
			err = fmt.Errorf("a part of %d structs has %d bytes", structs(u), len(part))
		}
	}
	return parts, err
}

func structs(u yjs.CheckedUpdate) (n uint64) {
	for r := u.Read(); r.NextSection(); {
		n += r.Structs.Left
	}
	return n
}

func compacted(d *ydoc.Doc) ([]byte, error) {
	v, err := view.New(yjs.Trust(d.AppendState(nil)))
	if err != nil {
		return nil, err
	}
	update := v.AppendCompacted(nil)
	if _, err := yjs.CheckUpdate(update); err != nil {
		return nil, fmt.Errorf("CheckUpdate refuses the compacted state: %w", err)
	}
	return update, nil
}
