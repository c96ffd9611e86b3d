package ydoc

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// addHistories adds the states of random sessions to the corpus.
func addHistories(f *testing.F) {
	for n := range uint64(30) {
		var d Doc
		for _, u := range history(rand.New(rand.NewPCG(n, 8)), 3, 20) {
			apply(f, &d, u)
		}
		if s := d.AppendState(nil); len(s) < 2000 {
			f.Add(s)
		}
	}
}

// unitsOfUpdate counts the units that an update writes and deletes.
func unitsOfUpdate(u yjs.CheckedUpdate) (n uint64) {
	r := u.Read()
	for r.NextSection() {
		first := r.Structs.Next.Clock
		r.Structs.Skip()
		n += r.Structs.Next.Clock - first
	}
	for d, dr := r.Deletes(), (yjs.DeleteRange{}); d.Next(&dr); {
		n += dr.End - dr.Clock
	}
	return n
}

// FuzzDocument checks that each valid update can be merged, encoded, loaded and cut anywhere, and
// that merging it twice is merging it once.
func FuzzDocument(f *testing.F) {
	addHistories(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := yjs.CheckUpdate(b)
		if err != nil {
			return
		}
		var d Doc
		d.Apply(u)
		state := d.AppendState(nil)
		if len(state) > d.Size() || d.PendingSize() > MaxPending {
			t.Fatalf("state of %d bytes, Size %d, %d bytes wait", len(state), d.Size(),
				d.PendingSize())
		}
		d.ClearChanges()
		if out := d.Apply(u); out.Changed {
			t.Fatal("the same again changes something")
		}
		loaded, err := Load(state)
		if err != nil {
			t.Fatal(err)
		}
		for i := range d.clients {
			c := &d.clients[i]
			for _, clock := range []uint64{1, c.clock / 2, c.clock - 1} {
				have := yjs.StateVector{{Client: c.id, Clock: clock}}
				checked(t, d.AppendDiff(nil, have))
				checked(t, loaded.AppendSince(nil, have))
			}
		}
	})
}

// FuzzLoad checks that Load loads exactly what CheckUpdate accepts, except for clients that are
// listed twice and deletions that are out of order, which Load accepts.
func FuzzLoad(f *testing.F) {
	addHistories(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		_, want := yjs.CheckUpdate(b)
		d, err := Load(b)
		switch {
		case err == nil && want != nil && !errors.Is(want, yjs.ErrClient) &&
			!errors.Is(want, yjs.ErrOrder):
			t.Fatalf("loaded, but CheckUpdate says %v", want)
		case err != nil && want == nil && !errors.Is(err, ErrNesting):
			t.Fatal(err)
		case err == nil && d.HasChanges():
			t.Fatal("the loaded document has changes")
		case err == nil:
			checked(t, d.AppendState(nil))
		}
	})
}

// FuzzSplit checks that the parts of an update are valid, and together make the same document.
func FuzzSplit(f *testing.F) {
	addHistories(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := yjs.CheckUpdate(b)
		if err != nil || unitsOfUpdate(u) > 10_000 {
			return
		}
		var whole, parts Doc
		if whole.Apply(u).Missing {
			return
		}
		Split(u, 256, func(part []byte) {
			if parts.Apply(checked(t, part)).Missing {
				t.Fatal("a part came before what it refers to")
			}
		})
		newUnits().add(t, parts.AppendState(nil)).mustEqual(t, newUnits().add(t, whole.AppendState(nil)),
			"parts")
	})
}
