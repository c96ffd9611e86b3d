package stored

import (
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// updateOf is an update with structs of clients, of so many units each, by descending id.
func updateOf(clients Former, units func(i int) int) []byte {
	b := appendNumber(nil, uint64(len(clients)))
	for i := len(clients) - 1; i >= 0; i-- {
		b = yjs.AppendID(append(b, 1), yjs.ID{Client: clients[i]})
		b = appendNumber(append(b, yjs.RefGC), uint64(units(i)))
	}
	return append(b, 0)
}

func appendNumber(b []byte, n uint64) []byte {
	for ; n > 127; n >>= 7 {
		b = append(b, byte(n)|128)
	}
	return append(b, byte(n))
}

func snapshotOf(t *testing.T, s snapshot.Snapshot) []byte {
	t.Helper()
	b, err := snapshot.Append(nil, s, snapshot.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLeave shows that a document that is deleted leaves the clients of its snapshot, of its rows,
// and of documents before it.
func TestLeave(t *testing.T) {
	one := func(int) int { return 1 }
	blob := snapshotOf(t, snapshot.Snapshot{
		State: updateOf(Former{7, 1 << 52}, one), Former: Former{3, 1<<53 - 1}.Append(nil),
	})
	f := snapshot.Fields{Former: Former{3, 4}.Append(nil)}
	rows := [][]byte{append(AppendRowHeader(nil, 1, f), updateOf(Former{5, 7}, one)...), {99}}
	if got := Leave(blob, rows, 1000); !slices.Equal(got, Former{3, 4, 5, 7, 1 << 52, 1<<53 - 1}) {
		t.Errorf("%v", got)
	}
	if got := Leave(blob, rows, 1); !slices.Equal(got, Former{3, 4, 5, 7, 1<<53 - 1}) {
		t.Errorf("of a snapshot that is too large: %v", got)
	}
	if got := Leave(nil, nil, 1000); len(got) > 0 || len(got.Append(nil)) > 0 {
		t.Errorf("of nothing: %v", got)
	}
	if got := FormerOf(blob, rows); !slices.Equal(got, Former{3, 4, 1<<53 - 1}) {
		t.Errorf("before: %v", got)
	}
	s, err := Read(blob, rows[:1], 1000)
	if err != nil || !slices.Equal(parseFormer(s.Former), Former{3, 4, 1<<53 - 1}) {
		t.Errorf("%v, %v", s.Former, err)
	}
}

// TestManyFormer shows that of too many clients those with the most units are left, in a form that
// is not too long, that a form that is cut is read as far as it goes, and that rows without one,
// which most are, cost nothing.
func TestManyFormer(t *testing.T) {
	many := make(Former, 2*maxFormer)
	for i := range many {
		many[i] = 1<<53 - 1 - uint64(len(many)-i)<<40
	}
	state := updateOf(many, func(i int) int { return 1 + i%2 })
	got := Leave(snapshotOf(t, snapshot.Snapshot{State: state, Former: []byte{9}}), nil, 1<<20)
	if len(got) != maxFormer || !slices.IsSorted(got) || got.Has(9) {
		t.Fatalf("%d", len(got))
	}
	for i, client := range many {
		if got.Has(client) != (i%2 == 1) {
			t.Fatalf("client %d of %d units: %v", i, 1+i%2, got.Has(client))
		}
	}
	form := got.Append(nil)
	if len(form) > snapshot.MaxFormer || !slices.Equal(parseFormer(form), got) {
		t.Errorf("a form of %d bytes", len(form))
	}
	if cut := parseFormer(form[:len(form)-1]); !slices.Equal(cut, got[:len(got)-1]) {
		t.Errorf("%d ids of a form that is cut", len(cut))
	}
	if n := testing.AllocsPerRun(10, func() { got.And(nil) }); n > 0 {
		t.Errorf("%v allocations for a row without a form", n)
	}
}
