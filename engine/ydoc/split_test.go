package ydoc

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestSplit shows that parts are within the limit, can be applied in order, and together make the
// document.
func TestSplit(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 5))
			var d Doc
			for _, u := range history(r, 1+int(seed%7), 150) {
				apply(t, &d, u)
			}
			limit := 256 + r.IntN(4000)
			var receiver Doc
			n := 0
			Split(checked(t, d.AppendState(nil)), limit, func(b []byte) {
				n++
				if len(b) > limit {
					t.Fatalf("an update of %d bytes, limit %d", len(b), limit)
				}
				if out := apply(t, &receiver, b); out.Missing {
					t.Fatalf("update %d came before what it refers to", n)
				}
			})
			want := newUnits().add(t, d.AppendState(nil))
			newUnits().add(t, receiver.AppendState(nil)).mustEqual(t, want, "split")
			if least := len(d.AppendState(nil)) / limit; n < least || n > 4*least+20 {
				t.Errorf("%d updates of at most %d bytes for %d bytes", n, limit,
					len(d.AppendState(nil)))
			}
		})
	}
}

// TestSplitWithFirst shows that the first part has its own limit, and visible content although most
// of the update is deleted.
func TestSplitWithFirst(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 5))
			var d Doc
			for client := range uint64(500) {
				apply(t, &d, append(yjs.AppendID([]byte{1, 1}, yjs.ID{Client: 1<<31 + client}),
					yjs.RefGC, 3, 0))
			}
			for _, u := range history(r, 1+int(seed%7), 150) {
				apply(t, &d, u)
			}
			first, limit := 2000, 3000+r.IntN(4000)
			var receiver Doc
			n := 0
			SplitWithFirst(checked(t, d.AppendState(nil)), first, limit, func(b []byte) {
				if n++; len(b) > limit || n == 1 && len(b) > first {
					t.Fatalf("update %d of %d bytes, limits %d and %d", n, len(b), first, limit)
				}
				if n == 1 && !hasVisibleContent(t, b) {
					t.Error("nothing in the first update can be seen")
				}
				if out := apply(t, &receiver, b); out.Missing {
					t.Fatalf("update %d came before what it refers to", n)
				}
			})
			want := newUnits().add(t, d.AppendState(nil))
			newUnits().add(t, receiver.AppendState(nil)).mustEqual(t, want, "split")
		})
	}
}

// hasVisibleContent reports whether an update has content that is not deleted.
func hasVisibleContent(t *testing.T, update []byte) bool {
	t.Helper()
	r := checked(t, update).Read()
	for r.NextSection() {
		for st := (yjs.Struct{}); r.Structs.Read(&st); {
			switch st.Ref() {
			case yjs.RefGC, yjs.RefDeleted, yjs.RefSkip, yjs.RefFormat:
			default:
				return true
			}
		}
	}
	return false
}

// TestSplitDiff shows that the parts of a difference do not wait for structs that the receiver has.
func TestSplitDiff(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	var d Doc
	var receiver Doc
	for i, u := range history(r, 5, 400) {
		apply(t, &d, u)
		if i < 200 {
			apply(t, &receiver, u)
		}
	}
	have, err := yjs.ParseStateVector(nil, receiver.AppendStateVector(nil))
	if err != nil {
		t.Fatal(err)
	}
	Split(checked(t, d.AppendDiff(nil, have)), 300, func(b []byte) {
		if out := apply(t, &receiver, b); out.Missing {
			t.Fatal("an update came before what it refers to")
		}
	})
	newUnits().add(t, receiver.AppendState(nil)).mustEqual(t, newUnits().add(t, d.AppendState(nil)),
		"split")
}

// TestSplitOfSectionsThatReferToEachOther shows that Split ends if sections refer to each other in
// a circle, and writes all others.
func TestSplitOfSectionsThatReferToEachOther(t *testing.T) {
	u := checked(t, update([]structOf{
		{client: 3, info: yjs.RefString, content: text(strings.Repeat("x", 500))},
		{client: 2, info: yjs.RefString, origin: id(1, 1), content: text("a")},
		{client: 2, clock: 1, info: yjs.RefGC, content: num(1)},
		{client: 1, info: yjs.RefString, origin: id(2, 1), content: text("b")},
		{client: 1, clock: 1, info: yjs.RefGC, content: num(1)},
	}))
	var receiver Doc
	Split(u, 256, func(b []byte) { apply(t, &receiver, b) })
	if receiver.clock(3) != 500 {
		t.Errorf("the section beside the circle has %d units", receiver.clock(3))
	}
}

// TestSplitKeepsLongEmbedsWhole shows that a struct that cannot be cut gets a part of its own.
func TestSplitKeepsLongEmbedsWhole(t *testing.T) {
	big := strings.Repeat("x", 5000)
	u := update([]structOf{
		{client: 1, info: yjs.RefString, content: text("before")},
		{client: 1, clock: 6, info: yjs.RefBinary, content: text(big)},
		{client: 1, clock: 7, info: yjs.RefAny,
			content: num(3) + "\x77" + text(big) + "\x7e\x77" + text(big)},
		{client: 1, clock: 10, info: yjs.RefString, content: text("after")},
	})
	var receiver Doc
	var sizes []int
	Split(checked(t, u), 256, func(b []byte) {
		sizes = append(sizes, len(b))
		apply(t, &receiver, b)
	})
	newUnits().add(t, receiver.AppendState(nil)).mustEqual(t, newUnits().add(t, u), "split")
	over := 0
	for _, n := range sizes {
		if n > 256 {
			over++
		}
		if n > 5100 {
			t.Errorf("an update of %d bytes holds more than the one struct that cannot be cut", n)
		}
	}
	if over != 3 {
		t.Errorf("sizes %v, want three over the limit", sizes)
	}
}

// TestReplace replaces documents by shorter forms of earlier states, and checks that later updates
// and changes are kept.
func TestReplace(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 7))
		updates := history(r, 4, 200)
		var d Doc
		want := newUnits()
		for _, u := range updates[:100] {
			apply(t, &d, u)
			want.add(t, u)
		}
		d.ClearChanges()
		earlier, err := Load(d.AppendState(nil))
		if err != nil {
			t.Fatal(err)
		}
		fresh := newUnits()
		for _, u := range updates[100:] {
			if out := apply(t, &d, u); out.Changed {
				want.add(t, u)
			}
		}
		fresh.add(t, changesAfter(t, 100, updates))
		if !d.Replace(earlier) {
			t.Fatal("refused")
		}
		newUnits().add(t, d.AppendState(nil)).mustEqual(t, want, "state")
		newUnits().add(t, d.AppendChanges(nil)).mustEqual(t, fresh, "changes")
	}
	var d, other Doc
	apply(t, &d, update([]structOf{{client: 1, info: yjs.RefGC, content: num(5)}}))
	apply(t, &other, update([]structOf{{client: 2, info: yjs.RefGC, content: num(5)}}))
	if d.Replace(&other) {
		t.Error("took another document's content")
	}
}

// changesAfter returns the changes of a document after the first n updates.
func changesAfter(t *testing.T, n int, updates [][]byte) []byte {
	t.Helper()
	var d Doc
	for i, u := range updates {
		if i == n {
			d.ClearChanges()
		}
		apply(t, &d, u)
	}
	return d.AppendChanges(nil)
}
