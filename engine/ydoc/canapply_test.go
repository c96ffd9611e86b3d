package ydoc

import (
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestCanApply checks for which updates CanApply is true.
func TestCanApply(t *testing.T) {
	word := structOf{client: 7, clock: 0, info: yjs.RefString, content: text("hello")}
	more := structOf{client: 7, clock: 5, info: yjs.RefString, content: text("!"), origin: id(7, 4)}
	last := structOf{client: 7, clock: 6, info: yjs.RefString, content: text("?"), origin: id(7, 5)}
	other := structOf{client: 9, clock: 0, info: yjs.RefString, content: text("x"),
		origin: id(7, 5)}
	skip := structOf{client: 7, clock: 5, info: yjs.RefSkip, content: num(1)}
	var d Doc
	apply(t, &d, update([]structOf{word}))
	testPredicate(t, &d, d.CanApply, []predicateTest{
		{"nothing", update(nil), true},
		{"what is known", update([]structOf{word}), true},
		{"the next struct", update([]structOf{more}), true},
		{"the next two", update([]structOf{more, last}), true},
		{"known, then new", update([]structOf{word, more}), true},
		{"the one after", update([]structOf{last}), false},
		{"past a skip", update([]structOf{skip, last}), false},
		{"what another is to write", update([]structOf{other}), false},
		{"what another writes in it", update([]structOf{other, more}), true},
		{"deletions of what is to come", update(nil,
			yjs.DeleteRange{Client: 7, Clock: 20, End: 21}), true},
	})
}

// TestCanApplyAgreesWithApply shows that CanApply is true for random updates exactly if Apply
// leaves no section pending.
func TestCanApplyAgreesWithApply(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	updates := history(r, 4, 2000)
	yes, no := 0, 0
	var d Doc
	for i := range updates {
		u := checked(t, updates[min(len(updates)-1, i+r.IntN(3))])
		with := new(Doc)
		apply(t, with, d.AppendState(nil))
		with.Apply(u)
		extends := d.CanApply(u)
		if merged := len(with.pending.sections) == 0; merged != extends {
			t.Fatalf("update %d: %v, of which sections wait: %v", i, extends, !merged)
		}
		if extends {
			yes++
			d.Apply(u)
		} else {
			no++
		}
		if i > 300 {
			break
		}
	}
	if yes == 0 || no == 0 {
		t.Errorf("%d extend it, %d do not", yes, no)
	}
}

// TestHasDeletes checks HasDeletes before and after a deletion.
func TestHasDeletes(t *testing.T) {
	var d Doc
	apply(t, &d, update([]structOf{{client: 7, info: yjs.RefString, content: text("hello")}}))
	if d.HasDeletes() {
		t.Error("nothing is deleted")
	}
	apply(t, &d, update(nil, yjs.DeleteRange{Client: 7, Clock: 1, End: 2}))
	if !d.HasDeletes() {
		t.Error("something is deleted")
	}
}
