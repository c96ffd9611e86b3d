package ydoc

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestPriorState compares PriorState with the state that the document had at that time, in random
// sessions of several clients.
func TestPriorState(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 16))
			all := history(r, 1+int(seed%5), 120)
			first := r.IntN(len(all) + 1)
			second := first + r.IntN(len(all)-first+1)
			var d Doc
			for _, u := range all[:first] {
				apply(t, &d, u)
			}
			d.ClearChanges()
			state, vector := d.AppendState(nil), d.AppendStateVector(nil)
			for _, u := range all[first:second] {
				apply(t, &d, u)
			}
			last := yjs.Trust(d.AppendChanges(nil))
			for _, u := range all[second:] {
				apply(t, &d, u)
			}
			then := d.StateBefore(last)
			want := newUnits().add(t, state)
			newUnits().add(t, checked(t, then.AppendState(nil)).Bytes()).mustEqual(t, want, "state")
			if got := then.AppendStateVector(nil); !bytes.Equal(got, vector) {
				t.Errorf("state vector %x, want %x", got, vector)
			}
			samePriorState(t, then, state, halfway(t, vector))
			compacted(t, &d)
			checkCatchUp(t, &d, last)
		})
	}
}

// checkCatchUp checks that a receiver of the prior state, of last and of the changes since has the
// document, which may have been compacted.
func checkCatchUp(t *testing.T, d *Doc, last yjs.CheckedUpdate) {
	t.Helper()
	var receiver Doc
	for _, u := range [][]byte{d.StateBefore(last).AppendState(nil), last.Bytes(), d.AppendChanges(nil)} {
		if len(u) > 0 && apply(t, &receiver, u).Missing {
			t.Fatal("something is missing")
		}
	}
	if got, want := receiver.AppendStateVector(nil), d.AppendStateVector(nil); !bytes.Equal(got, want) {
		t.Errorf("state vector %x, want %x", got, want)
	}
	newUnits().add(t, compacted(t, &receiver).AppendState(nil)).mustEqual(t,
		newUnits().add(t, d.AppendState(nil)), "document")
}

// halfway returns a state vector with half of each clock.
func halfway(t *testing.T, vector []byte) yjs.StateVector {
	t.Helper()
	v, err := yjs.ParseStateVector(nil, vector)
	if err != nil {
		t.Fatal(err)
	}
	for i := range v {
		v[i].Clock /= 2
	}
	return v
}

// samePriorState compares the differences of a PriorState with those of a document that is loaded
// from the state of that time.
func samePriorState(t *testing.T, then *PriorState, state []byte, have yjs.StateVector) {
	t.Helper()
	doc, err := Load(state)
	if err != nil {
		t.Fatal(err)
	}
	got, want := checked(t, then.AppendDiff(nil, have)), doc.AppendDiff(nil, have)
	newUnits().add(t, got.Bytes()).mustEqual(t, newUnits().add(t, want), "difference")
	got, want = checked(t, then.AppendSince(nil, have)), doc.AppendSince(nil, have)
	newUnits().add(t, got.Bytes()).mustEqual(t, newUnits().add(t, want), "since")
}

// TestPriorStateCutsStructs shows that a PriorState cuts a struct to which a client has appended
// since.
func TestPriorStateCutsStructs(t *testing.T) {
	var d Doc
	writeStructs(t, &d, 7, 10)
	d.ClearChanges()
	state := d.AppendState(nil)
	for n := range 3 {
		writeStructs(t, &d, 7, 20+n)
	}
	deleteClocks(t, &d, 7, 2, 5)
	if got := d.StateBefore(yjs.Trust(nil)).AppendState(nil); !bytes.Equal(got, state) {
		t.Errorf("%x, want %x", got, state)
	}
	if got := new(Doc).StateBefore(yjs.Trust(nil)).AppendState(nil); !bytes.Equal(got, []byte{0, 0}) {
		t.Errorf("an empty document was %x", got)
	}
}
