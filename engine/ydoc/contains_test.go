package ydoc

import (
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestContains checks for which updates Contains is true.
func TestContains(t *testing.T) {
	word := structOf{client: 7, clock: 0, info: yjs.RefString, content: text("hello")}
	more := structOf{client: 7, clock: 5, info: yjs.RefString, content: text("!"), origin: id(7, 4)}
	tail := structOf{client: 7, clock: 2, info: yjs.RefString, content: text("llo"),
		origin: id(7, 1)}
	gone := structOf{client: 8, clock: 0, info: yjs.RefGC, content: num(4)}
	skip := structOf{client: 7, clock: 0, info: yjs.RefSkip, content: num(90)}
	del := func(client, clock, end uint64) yjs.DeleteRange {
		return yjs.DeleteRange{Client: client, Clock: clock, End: end}
	}
	var d Doc
	apply(t, &d, update([]structOf{gone, word}, del(7, 1, 2), del(7, 3, 5)))
	testPredicate(t, &d, d.Contains, []predicateTest{
		{"nothing", update(nil), true},
		{"all of it", d.AppendState(nil), true},
		{"a part", update([]structOf{tail}), true},
		{"a skip", update([]structOf{skip}), true},
		{"the next struct", update([]structOf{more}), false},
		{"known, then new", update([]structOf{word, more}), false},
		{"another client", update([]structOf{{client: 9, info: yjs.RefString, content: text("x")}}),
			false},
		{"past a gap", update([]structOf{{client: 7, clock: 50, info: yjs.RefGC, content: num(1)}}),
			false},
		{"deleted before", update(nil, del(7, 3, 5)), true},
		{"part of what was deleted", update(nil, del(7, 4, 5)), true},
		{"garbage deleted", update(nil, del(8, 0, 4)), true},
		{"deleted and not", update(nil, del(7, 1, 4)), false},
		{"not deleted", update(nil, del(7, 0, 1)), false},
		{"past the end", update(nil, del(7, 3, 6)), false},
		{"deleted of another", update(nil, del(9, 0, 1)), false},
	})
}

// TestContainsAgreesWithApply shows that Contains is true for random updates exactly if Apply
// changes nothing and leaves nothing pending.
func TestContainsAgreesWithApply(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var d Doc
	held := 0
	updates := history(r, 4, 2000)
	for range 2 * len(updates) {
		u := checked(t, updates[r.IntN(len(updates))])
		want := d.Contains(u)
		if want {
			held++
		}
		waited := d.PendingSize()
		if out := d.Apply(u); want && (out.Changed || out.Missing) || !want && !out.Changed &&
			!out.Missing && d.PendingSize() == waited {
			t.Fatalf("%v, but Apply says %+v", want, out)
		}
	}
	if held == 0 || held == 2*len(updates) {
		t.Fatalf("%d updates were held", held)
	}
}

// TestContainsAllocs shows that Contains does not allocate.
func TestContainsAllocs(t *testing.T) {
	var d Doc
	for _, u := range keystrokes(100) {
		apply(t, &d, u)
	}
	u := checked(t, d.AppendState(nil))
	if n := testing.AllocsPerRun(100, func() { d.Contains(u) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
