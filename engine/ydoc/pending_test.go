package ydoc

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestPendingStructs shows that structs and deletes wait until the ids that they refer to are
// known, and are merged then.
func TestPendingStructs(t *testing.T) {
	a0 := structOf{client: 1, info: yjs.RefString, content: text("ab")}
	a2 := structOf{client: 1, clock: 2, info: yjs.RefString, origin: id(1, 1), content: text("c")}
	after := func(client uint64, of *yjs.ID) structOf {
		return structOf{client: client, info: yjs.RefString, origin: of, content: text("x")}
	}
	for name, c := range map[string]struct {
		first, then []byte
		kept        int // units after the first
	}{
		"gap in a client":        {update([]structOf{a2}), update([]structOf{a0}), 0},
		"skip":                   {update([]structOf{{client: 1, info: yjs.RefSkip, content: num(2)}, a2}), update([]structOf{a0}), 0},
		"unknown origin":         {update([]structOf{after(2, id(1, 1))}), update([]structOf{a0}), 0},
		"unknown right origin":   {update([]structOf{{client: 2, info: yjs.RefString, right: id(1, 1), content: text("x")}}), update([]structOf{a0}), 0},
		"deletion of the future": {update(nil, yjs.DeleteRange{Client: 1, Clock: 1, End: 2}), update([]structOf{a0}), 0},
		"deletion across": {update([]structOf{a0}, yjs.DeleteRange{Client: 1, Clock: 1, End: 3}),
			update([]structOf{a2}), 2},
		"chain over clients":   {update([]structOf{after(4, id(3, 0)), after(3, id(2, 0)), after(2, id(1, 1))}), update([]structOf{a0}), 0},
		"later part of update": {update([]structOf{after(2, id(1, 0)), a0}), update([]structOf{a2}), 3},
	} {
		t.Run(name, func(t *testing.T) {
			var d Doc
			apply(t, &d, c.first)
			got := newUnits().add(t, d.AppendState(nil))
			if len(got.content) != c.kept {
				t.Errorf("%d units at first, want %d", len(got.content), c.kept)
			}
			apply(t, &d, c.then)
			got = newUnits().add(t, d.AppendState(nil))
			got.mustEqual(t, newUnits().add(t, c.first).add(t, c.then), "at last")
			if d.PendingSize() != 0 {
				t.Errorf("%d bytes wait at last", d.PendingSize())
			}
		})
	}
}

// TestMissingIsReportedOncePerSender shows that an update that is pending is reported each time
// that it is sent, but stored once, and that other updates report nothing missing.
func TestMissingIsReportedOncePerSender(t *testing.T) {
	orphan := update([]structOf{{client: 2, info: yjs.RefString, origin: id(1, 0),
		content: text("x")}})
	var d Doc
	for range 2 {
		if out := apply(t, &d, orphan); out.Changed || !out.Missing {
			t.Fatalf("outcome %+v of an orphan", out)
		}
	}
	size := d.PendingSize()
	if out := apply(t, &d, update([]structOf{{client: 3, info: yjs.RefGC, content: num(1)}})); !out.Changed || out.Missing {
		t.Fatalf("outcome %+v of an update that lacks nothing", out)
	}
	if d.PendingSize() != size || len(d.pending.sections) != 1 {
		t.Errorf("the orphan waits %d times", len(d.pending.sections))
	}
}

// TestSectionsThatReferToEachOther shows that sections that need each other's later structs stay
// pending, and that all others are merged.
func TestSectionsThatReferToEachOther(t *testing.T) {
	var d Doc
	out := apply(t, &d, update([]structOf{
		{client: 3, info: yjs.RefGC, content: num(1)},
		{client: 2, info: yjs.RefString, origin: id(1, 1), content: text("a")},
		{client: 2, clock: 1, info: yjs.RefGC, content: num(1)},
		{client: 1, info: yjs.RefString, origin: id(2, 1), content: text("b")},
		{client: 1, clock: 1, info: yjs.RefGC, content: num(1)},
	}))
	if !out.Changed || !out.Missing || len(d.clients) != 1 || len(d.pending.sections) != 2 {
		t.Errorf("outcome %+v, %d clients, %d sections wait", out, len(d.clients),
			len(d.pending.sections))
	}
}

// TestInterleavedClients merges an update whose sections refer to each other thousands of times.
func TestInterleavedClients(t *testing.T) {
	const n, clients = 200, 20
	sections := make([][]structOf, clients)
	var last *yjs.ID
	r := rand.New(rand.NewPCG(1, 4))
	for range n * clients {
		c := r.IntN(clients)
		s := structOf{client: uint64(c + 1), clock: uint64(len(sections[c])), info: yjs.RefString,
			origin: last, content: text("x")}
		sections[c] = append(sections[c], s)
		last = id(s.client, s.clock)
	}
	var all []structOf
	for c := clients - 1; c >= 0; c-- {
		all = append(all, sections[c]...)
	}
	var d Doc
	if out := apply(t, &d, update(all)); out.Missing {
		t.Fatalf("%d bytes wait", d.PendingSize())
	}
	newUnits().add(t, d.AppendState(nil)).mustEqual(t, newUnits().add(t, update(all)), "state")
}

// TestPendingLimit shows that no more than MaxPending bytes are pending.
func TestPendingLimit(t *testing.T) {
	var d Doc
	big := text(string(make([]byte, 100_000)))
	dropped := false
	for client := uint64(10); client < 40; client++ {
		before := d.PendingSize()
		out := apply(t, &d, update([]structOf{{client: client, info: yjs.RefString,
			origin: id(1, 0), content: big}}))
		if !out.Missing || d.PendingSize() > MaxPending {
			t.Fatalf("outcome %+v, %d bytes wait", out, d.PendingSize())
		}
		dropped = dropped || d.PendingSize() < before
	}
	if !dropped {
		t.Error("nothing was dropped")
	}
	apply(t, &d, update([]structOf{{client: 1, info: yjs.RefGC, content: num(1)}}))
	if d.PendingSize() != 0 {
		t.Errorf("%d bytes wait for what has come", d.PendingSize())
	}
}

// orphans returns an update of n sections, each of which waits for another id.
func orphans(n uint64) []byte {
	var all []structOf
	for i := n; i > 0; i-- {
		all = append(all, structOf{client: 100_000 + i, info: yjs.RefString, origin: id(i, 5),
			content: text("x")})
	}
	return update(all)
}

// TestManySectionsWithMissingIDs shows that many pending sections do not slow down other updates.
func TestManySectionsWithMissingIDs(t *testing.T) {
	flood, typed := orphans(3000), uint64(0)
	var d Doc
	apply(t, &d, flood)
	if n := len(d.pending.sections); n != 3000 {
		t.Fatalf("%d sections wait", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		s := structOf{client: 1 << 30, clock: typed, info: yjs.RefGC, content: num(1)}
		if out := d.Apply(checked(t, update([]structOf{s}))); !out.Changed || out.Missing {
			t.Fatalf("outcome %+v", out)
		}
		typed++
	}); n > 20 {
		t.Errorf("typing beside the orphans costs %v allocations", n)
	}
}

// BenchmarkOrphanFlood applies an update of which all sections become pending.
func BenchmarkOrphanFlood(b *testing.B) {
	u := checked(b, orphans(3000))
	b.ReportAllocs()
	for b.Loop() {
		var d Doc
		d.Apply(u)
	}
}

// TestFirstStructOfAClockIsKept applies pending updates with different structs for the same clock:
// the struct that came first is kept, as by Yjs.
func TestFirstStructOfAClockIsKept(t *testing.T) {
	forms := []structOf{{info: yjs.RefGC, content: num(1)}}
	for _, s := range []string{"a", "b", "c", "d"} {
		forms = append(forms, structOf{info: yjs.RefString, content: text(s)})
	}
	for first := range forms {
		var d, want Doc
		for i := range forms {
			s := forms[(first+i)%len(forms)]
			s.client, s.clock = 1, 2
			apply(t, &d, update([]structOf{s}))
		}
		gap := update([]structOf{{client: 1, info: yjs.RefGC, content: num(2)}})
		apply(t, &d, gap)
		s := forms[first]
		s.client, s.clock = 1, 2
		apply(t, &want, gap)
		apply(t, &want, update([]structOf{s}))
		if got := d.AppendState(nil); !bytes.Equal(got, want.AppendState(nil)) {
			t.Errorf("of form %d first: %x", first, got)
		}
	}
}
