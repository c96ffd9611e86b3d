package schedule

import (
	"slices"
	"testing"
	"time"
)

// item is an int with a place in the queue.
type item struct {
	slot Slot[*item]
	n    int
}

func items(n int) (all []*item) {
	for i := range n {
		it := &item{n: i}
		it.slot.Item = it
		all = append(all, it)
	}
	return all
}

// woken reports whether Wake receives, and takes the token.
func woken(q *Queue[*item]) bool {
	select {
	case <-q.Wake():
		return true
	default:
		return false
	}
}

// TestTake shows that items are taken when they are due, the earliest first, and that At only
// brings a time forward.
func TestTake(t *testing.T) {
	q, all, start := New[*item](), items(4), time.Unix(1000, 0)
	if !q.Next().IsZero() || woken(q) {
		t.Error("an empty queue has something to do")
	}
	for i, after := range []time.Duration{3, 1, 2, 9} {
		q.At(&all[i].slot, start.Add(after))
	}
	q.At(&all[0].slot, start)        // sooner
	q.At(&all[1].slot, start.Add(8)) // later
	if got := q.Next(); !got.Equal(start) {
		t.Errorf("the first is due at %v", got.Sub(start))
	}
	if got := q.Due(&all[1].slot); !got.Equal(start.Add(1)) {
		t.Errorf("one is due at %v", got.Sub(start))
	}
	due, next := q.Take(start.Add(2), nil)
	var order []int
	for _, it := range due {
		order = append(order, it.n)
	}
	if !slices.Equal(order, []int{0, 1, 2}) || !next.Equal(start.Add(9)) {
		t.Errorf("took %v, and the next is due at %v", order, next.Sub(start))
	}
	if !q.Due(&all[0].slot).IsZero() {
		t.Error("what was taken is due still")
	}
	if due, next = q.Take(start.Add(9), due[:0]); len(due) != 1 || !next.IsZero() {
		t.Errorf("took %d, and the next is due at %v", len(due), next)
	}
}

// TestWake shows that Wake receives when the earliest time comes forward, and not when another
// does.
func TestWake(t *testing.T) {
	q, all, start := New[*item](), items(2), time.Unix(1000, 0)
	for _, step := range []struct {
		item  int
		after time.Duration
		wakes bool
	}{{0, 5, true}, {0, 6, false}, {1, 7, false}, {0, 4, true}, {1, 3, true}} {
		q.At(&all[step.item].slot, start.Add(step.after))
		if got := woken(q); got != step.wakes {
			t.Errorf("%+v: woken %v", step, got)
		}
	}
	q.WakeUp()
	q.WakeUp()
	if !woken(q) || woken(q) {
		t.Error("WakeUp wakes other than once")
	}
}

// TestQueueAllocatesNothing shows that items are added and taken without an allocation.
func TestQueueAllocatesNothing(t *testing.T) {
	q, all, start := New[*item](), items(100), time.Unix(1000, 0)
	due := make([]*item, 0, len(all))
	if n := testing.AllocsPerRun(100, func() {
		for i, it := range all {
			q.At(&it.slot, start.Add(time.Duration(i*37%100)))
		}
		due, _ = q.Take(start.Add(100), due[:0])
	}); n != 0 || len(due) != len(all) {
		t.Errorf("%v allocations, %d taken", n, len(due))
	}
}

// TestTimes shows that the zero time means never.
func TestTimes(t *testing.T) {
	var never time.Time
	a, b := time.Unix(1, 0), time.Unix(2, 0)
	for _, test := range []struct{ got, want time.Time }{
		{Earliest(), never}, {Earliest(never, never), never}, {Earliest(never, b), b},
		{Earliest(b, a, never), a}, {Latest(a, b), b}, {Latest(b, never), b},
	} {
		if !test.got.Equal(test.want) {
			t.Errorf("%v, want %v", test.got, test.want)
		}
	}
	if Reached(never, a) || Reached(b, a) || !Reached(a, a) || !Reached(a, b) {
		t.Error("Reached is wrong")
	}
}
