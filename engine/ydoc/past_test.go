package ydoc

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/codec"
)

// TestPast compares a document as it was with what it was: at two cuts in histories of
// several clients, and when nothing, one update or more have been reported since.
func TestPast(t *testing.T) {
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
			d.DropNovelty()
			state, vector := d.AppendState(nil), d.AppendStateVector(nil)
			for _, u := range all[first:second] {
				apply(t, &d, u)
			}
			last := codec.Trust(d.AppendNovelty(nil))
			for _, u := range all[second:] {
				apply(t, &d, u)
			}
			then := d.Before(last)
			want := newUnits().add(t, state)
			newUnits().add(t, checked(t, then.AppendState(nil)).Bytes()).same(t, want, "state")
			if got := then.AppendStateVector(nil); !bytes.Equal(got, vector) {
				t.Errorf("state vector %x, want %x", got, vector)
			}
			samePast(t, then, state, halfway(t, vector))
			recompacted(t, &d)
			completes(t, &d, last)
		})
	}
}

// completes requires that who is given the past, and then what it lacked, has the document,
// also where that was compacted meanwhile.
func completes(t *testing.T, d *Doc, last codec.CheckedUpdate) {
	t.Helper()
	var receiver Doc
	for _, u := range [][]byte{d.Before(last).AppendState(nil), last.Bytes(), d.AppendNovelty(nil)} {
		if len(u) > 0 && apply(t, &receiver, u).Missing {
			t.Fatal("something is missing")
		}
	}
	if got, want := receiver.AppendStateVector(nil), d.AppendStateVector(nil); !bytes.Equal(got, want) {
		t.Errorf("state vector %x, want %x", got, want)
	}
	newUnits().add(t, recompacted(t, &receiver).AppendState(nil)).same(t, newUnits().add(t, d.AppendState(nil)), "document")
}

// halfway is a state vector with half of each clock.
func halfway(t *testing.T, vector []byte) codec.StateVector {
	t.Helper()
	v, err := codec.ParseStateVector(nil, vector)
	if err != nil {
		t.Fatal(err)
	}
	for i := range v {
		v[i].Clock /= 2
	}
	return v
}

// samePast compares differences with those of a document that was loaded from the state of that time.
func samePast(t *testing.T, then *Past, state []byte, have codec.StateVector) {
	t.Helper()
	doc, err := Load(state)
	if err != nil {
		t.Fatal(err)
	}
	got, want := checked(t, then.AppendDiff(nil, have)), doc.AppendDiff(nil, have)
	newUnits().add(t, got.Bytes()).same(t, newUnits().add(t, want), "difference")
	got, want = checked(t, then.AppendSince(nil, have)), doc.AppendSince(nil, have)
	newUnits().add(t, got.Bytes()).same(t, newUnits().add(t, want), "since")
}

// TestPastCutsStructs: what one client typed on is one struct by now.
func TestPastCutsStructs(t *testing.T) {
	var d Doc
	writes(t, &d, 7, 10)
	d.DropNovelty()
	state := d.AppendState(nil)
	for n := range 3 {
		writes(t, &d, 7, 20+n)
	}
	deletes(t, &d, 7, 2, 5)
	if got := d.Before(codec.Trust(nil)).AppendState(nil); !bytes.Equal(got, state) {
		t.Errorf("%x, want %x", got, state)
	}
	if got := new(Doc).Before(codec.Trust(nil)).AppendState(nil); !bytes.Equal(got, []byte{0, 0}) {
		t.Errorf("an empty document was %x", got)
	}
}

// TestAnswer: an answer that names what its receiver has too leaves it with the same as one that does not, and names all
// that is known, of the document as it is and as it was.
func TestAnswer(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 9))
			var d, client Doc
			for i, u := range history(r, 1+int(seed%7), 150) {
				apply(t, &d, u)
				if i < 75 {
					apply(t, &client, u)
				}
			}
			apply(t, &client, []byte{1, 1, 77, 0, codec.RefGC, 3, 0}) // which the document has yet to get
			have, err := codec.ParseStateVector(nil, client.AppendStateVector(nil))
			if err != nil {
				t.Fatal(err)
			}
			answer := checked(t, d.AppendAnswer(nil, have))
			sections := answer.Read()
			for sections.NextSection() {
				first := sections.Structs.Next
				sections.Structs.Skip()
				if first.Clock != 0 || sections.Structs.Next.Clock != d.clock(first.Client) {
					t.Errorf("client %d is named from %d to %d of %d", first.Client, first.Clock, sections.Structs.Next.Clock, d.clock(first.Client))
				}
			}
			if out := apply(t, &client, answer.Bytes()); out.Missing {
				t.Error("something is missing")
			}
			apply(t, &d, []byte{1, 1, 77, 0, codec.RefGC, 3, 0})
			want := newUnits().add(t, d.AppendState(nil))
			newUnits().add(t, client.AppendState(nil)).same(t, want, "answered")
		})
	}
}

// TestPastAnswer: what is new is not named.
func TestPastAnswer(t *testing.T) {
	var d Doc
	apply(t, &d, []byte{1, 1, 7, 0, 4, 1, 1, 't', 3, 'a', 'b', 'c', 0})
	d.DropNovelty()
	apply(t, &d, []byte{1, 1, 7, 3, 0x84, 7, 2, 2, 'd', 'e', 0})
	have := codec.StateVector{{Client: 7, Clock: 4}}
	if got := d.Before(codec.Trust(nil)).AppendAnswer(nil, have); !bytes.Equal(got, []byte{1, 1, 7, 0, codec.RefGC, 3, 0}) {
		t.Errorf("%v", got)
	}
	if got := d.AppendAnswer(nil, have); !bytes.Equal(got, []byte{1, 2, 7, 0, codec.RefGC, 4, 0x84, 7, 3, 1, 'e', 0}) {
		t.Errorf("%v", got)
	}
}
