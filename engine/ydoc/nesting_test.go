package ydoc

import (
	"errors"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// nestedArrays returns an update with n arrays, each in the one before. The first is in the root if
// clock is 0, else in the struct before clock.
func nestedArrays(client, clock uint64, n int) []byte {
	b := []byte{1}
	b = yjs.AppendID(lib0.AppendUvarint(b, uint64(n)), yjs.ID{Client: client, Clock: clock})
	for i := range uint64(n) {
		if clock+i == 0 {
			b = lib0.AppendString(append(b, yjs.RefType, 1), "root")
		} else {
			b = yjs.AppendID(append(b, yjs.RefType, 0),
				yjs.ID{Client: client, Clock: clock + i - 1})
		}
		b = append(b, yjs.TypeArray)
	}
	return append(b, 0)
}

// TestNesting shows that types deeper than MaxNesting are refused, by Apply and by Load, and others
// are not.
func TestNesting(t *testing.T) {
	var d Doc
	if out := apply(t, &d, nestedArrays(1, 0, MaxNesting)); out.Refused != nil {
		t.Fatal("the greatest depth is refused")
	}
	if out := apply(t, &d, nestedArrays(1, MaxNesting, 2)); out.Refused != ErrNesting || out.Changed ||
		out.Missing {
		t.Errorf("outcome %+v of a type too deep", out)
	}
	if got := d.clock(1); got != MaxNesting {
		t.Errorf("clock %d, want %d", got, MaxNesting)
	}
	for _, u := range [][]byte{
		update([]structOf{{client: 2, info: yjs.RefType, origin: id(1, MaxNesting-1),
			content: "\x00"}}), // beside the deepest
		update([]structOf{{client: 2, clock: 1, info: yjs.RefString, origin: id(2, 0),
			content: text("beside")}}), // text there
	} {
		if out := apply(t, &d, u); out.Refused != nil || !out.Changed {
			t.Errorf("outcome %+v of what is as deep as may be", out)
		}
	}
	inside := func(parent yjs.ID) []byte {
		b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: 3})
		b = yjs.AppendID(append(b, yjs.RefType, 0), parent)
		return append(b, yjs.TypeMap, 0)
	}
	if out := apply(t, &d, inside(yjs.ID{Client: 2})); out.Refused != ErrNesting {
		t.Error("a type in the sibling of the deepest is let in")
	}
	if out := apply(t, &d, inside(yjs.ID{Client: 1, Clock: MaxNesting - 2})); out.Refused != nil {
		t.Error("a type beside it is not")
	}
	loaded, err := Load(d.AppendState(nil))
	if err != nil {
		t.Fatal(err)
	}
	if out := apply(t, loaded, nestedArrays(1, MaxNesting, 1)); out.Refused != ErrNesting {
		t.Error("a loaded document does not know how deep it is")
	}
	if _, err := Load(nestedArrays(1, 0, MaxNesting+1)); !errors.Is(err, ErrNesting) {
		t.Errorf("Load: %v, want %v", err, ErrNesting)
	}
}

// TestNestingInOneUpdate shows that the depth of a type is known whatever the order of the sections
// in an update.
func TestNestingInOneUpdate(t *testing.T) {
	const step = 10
	var all []structOf
	for client := uint64(30); client > 0; client-- {
		for clock := range uint64(step) {
			s := structOf{client: client, clock: clock, info: yjs.RefType, content: "\x00"}
			switch {
			case clock > 0:
				s.parent = id(client, clock-1)
			case client > 1:
				s.parent = id(client-1, step-1)
			}
			all = append(all, s)
		}
	}
	var d Doc
	if out := apply(t, &d, update(all)); out.Refused != ErrNesting {
		t.Error("let in")
	}
	if got := d.clock(MaxNesting / step); got != step {
		t.Errorf("%d of the deepest %d that may be", got, step)
	}
	if got := d.clock(MaxNesting/step + 1); got != 0 {
		t.Errorf("%d of those too deep", got)
	}
}

// TestCanNest shows that CanNest is true for an update exactly if Apply leaves nothing of it out,
// whether it is deep by itself or by where it is in the document, and for many types side by side.
func TestCanNest(t *testing.T) {
	beside := func(n int) []byte {
		b := yjs.AppendID(lib0.AppendUvarint([]byte{1}, uint64(n)), yjs.ID{Client: 5})
		for range n {
			b = append(lib0.AppendString(append(b, yjs.RefType, 1), "root"), yjs.TypeArray)
		}
		return append(b, 0)
	}
	for _, before := range []int{0, 1, 100, MaxNesting} {
		var updates [][]byte
		for _, n := range []int{1, 2, 99, 100, 101, MaxNesting - 1, MaxNesting, MaxNesting + 1} {
			updates = append(updates, nestedArrays(1, uint64(before), n), beside(2*n))
		}
		for _, u := range updates {
			var d Doc
			if before > 0 {
				apply(t, &d, nestedArrays(1, 0, before))
			}
			can := d.CanNest(checked(t, u))
			if out := apply(t, &d, u); can != (out.Refused == nil) {
				t.Errorf("%d and then %x: %v, %v", before, u, can, out.Refused)
			}
		}
	}
}
