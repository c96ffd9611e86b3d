package ydoc

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestApplyInAnyOrder delivers random sessions whole, shuffled, doubled and in overlapping pieces,
// and checks that the document then has the units of all updates.
func TestApplyInAnyOrder(t *testing.T) {
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			updates := history(r, 1+int(seed%6), 120)
			want, source := newUnits(), Doc{}
			var sent [][]byte
			for _, u := range updates {
				want.add(t, u)
				if out := apply(t, &source, u); out.Missing {
					t.Fatal("something missing in causal order")
				}
				if r.IntN(10) == 0 {
					sent = append(sent, source.AppendDiff(nil, randomPart(r, &source)))
				}
				sent = append(sent, u)
			}
			newUnits().add(t, source.AppendState(nil)).mustEqual(t, want, "in order")

			sent = append(sent, updates[:20]...)
			r.Shuffle(len(sent), func(i, j int) { sent[i], sent[j] = sent[j], sent[i] })
			var d Doc
			changes := newUnits()
			for i := 0; i < len(sent); i++ {
				out := apply(t, &d, sent[i])
				if out.Dropped {
					sent = append(sent, updates...) // as peers do when they are asked for their states
				}
				if out.Changed != d.HasChanges() {
					t.Fatalf("Changed is %v, HasChanges %v", out.Changed, d.HasChanges())
				}
				addChanges(t, changes, &d)
			}
			newUnits().add(t, d.AppendState(nil)).mustEqual(t, want, "shuffled")
			changes.mustEqual(t, want, "changes")
			if d.PendingSize() != 0 || len(d.pending.sections) != 0 {
				t.Errorf("%d bytes still wait", d.PendingSize())
			}
			if !bytes.Equal(d.AppendStateVector(nil), source.AppendStateVector(nil)) {
				t.Error("state vectors differ")
			}
			if got := len(d.AppendState(nil)); got > d.Size() {
				t.Errorf("Size is %d, the state %d bytes", d.Size(), got)
			}
		})
	}
}

// addChanges adds the document's changes to known, and fails if known has some of them already.
func addChanges(t *testing.T, known units, d *Doc) {
	t.Helper()
	if !d.HasChanges() {
		return
	}
	fresh := newUnits().add(t, d.AppendChanges(nil))
	for k, v := range fresh.content {
		if _, ok := known.content[k]; ok {
			t.Fatalf("%v is in two changes", k)
		}
		known.content[k] = v
	}
	for k := range fresh.deleted {
		if known.deleted[k] {
			t.Fatalf("deletion of %v is in two changes", k)
		}
		known.deleted[k] = true
	}
}

// randomPart returns a random state vector below that of d.
func randomPart(r *rand.Rand, d *Doc) (v yjs.StateVector) {
	full, err := yjs.ParseStateVector(nil, d.AppendStateVector(nil))
	if err != nil {
		panic(err)
	}
	for _, e := range full {
		if r.IntN(4) > 0 {
			v = append(v, yjs.ID{Client: e.Client, Clock: r.Uint64N(e.Clock + 1)})
		}
	}
	return v
}

// TestAppendDiffAtEveryClock checks differences from all clocks of documents with long and short
// structs.
func TestAppendDiffAtEveryClock(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 2))
		var d Doc
		want := newUnits()
		for _, u := range history(r, 1, 300) {
			apply(t, &d, u)
			want.add(t, u)
		}
		end := d.clients[0].clock
		if len(d.clients[0].index.entries) < 5 {
			t.Fatalf("only %d marks: the index is not exercised", len(d.clients[0].index.entries))
		}
		for clock := uint64(0); clock < end; clock += 1 + r.Uint64N(200) {
			have := yjs.StateVector{{Client: 1, Clock: clock}}
			got := newUnits().add(t, d.AppendDiff(nil, have))
			if len(got.content) != int(end-clock) {
				t.Fatalf("diff from %d of %d has %d units", clock, end, len(got.content))
			}
			for k, v := range got.content {
				if want.content[k] != v {
					t.Fatalf("diff from %d: %v holds %q, want %q", clock, k, v, want.content[k])
				}
			}
			if since := d.AppendSince(nil, have); !bytes.Equal(since, d.AppendDiff(nil, have)) {
				t.Fatal("AppendSince and AppendDiff differ on the only client")
			}
		}
	}
}

// lit returns a struct.
func lit(client, clock uint64, info byte, origin, right *yjs.ID, content string) structOf {
	return structOf{client: client, clock: clock, info: info, origin: origin, right: right,
		content: content}
}

// TestApplyMergesStructs checks which neighbouring structs are merged into one.
func TestApplyMergesStructs(t *testing.T) {
	continued := func(s structOf) structOf { s.origin = id(1, s.clock-1); return s }
	for name, c := range map[string]struct {
		a, b structOf
		want int // structs
	}{
		"text":                       {lit(1, 0, yjs.RefString, nil, nil, text("ab")), continued(lit(1, 2, yjs.RefString, nil, nil, text("c"))), 1},
		"deleted":                    {lit(1, 0, yjs.RefDeleted, nil, nil, num(100)), continued(lit(1, 100, yjs.RefDeleted, nil, nil, num(100))), 1},
		"gc":                         {lit(1, 0, yjs.RefGC, nil, nil, num(1)), lit(1, 1, yjs.RefGC, nil, nil, num(1)), 1},
		"any":                        {lit(1, 0, yjs.RefAny, nil, nil, num(1)+"\x7e"), continued(lit(1, 1, yjs.RefAny, nil, nil, num(1)+"\x7f")), 1},
		"json":                       {lit(1, 0, yjs.RefJSON, nil, nil, num(1)+text("1")), continued(lit(1, 1, yjs.RefJSON, nil, nil, num(1)+text("2"))), 1},
		"same right":                 {lit(1, 0, yjs.RefString, nil, id(2, 0), text("a")), continued(lit(1, 1, yjs.RefString, nil, id(2, 0), text("b"))), 1},
		"other right":                {lit(1, 0, yjs.RefString, nil, id(2, 0), text("a")), continued(lit(1, 1, yjs.RefString, nil, id(2, 1), text("b"))), 2},
		"right that ends another":    {lit(1, 0, yjs.RefString, nil, id(257, 0), text("a")), continued(lit(1, 1, yjs.RefString, nil, id(2, 0), text("b"))), 2},
		"right only once":            {lit(1, 0, yjs.RefString, nil, id(2, 0), text("a")), continued(lit(1, 1, yjs.RefString, nil, nil, text("b"))), 2},
		"elsewhere":                  {lit(1, 0, yjs.RefString, nil, nil, text("ab")), lit(1, 2, yjs.RefString, id(1, 0), nil, text("c")), 2},
		"other kind":                 {lit(1, 0, yjs.RefString, nil, nil, text("a")), continued(lit(1, 1, yjs.RefDeleted, nil, nil, num(1))), 2},
		"map values":                 {lit(1, 0, yjs.RefAny|yjs.InfoParentSub, nil, nil, num(1)+"\x7e"), continued(lit(1, 1, yjs.RefAny|yjs.InfoParentSub, nil, nil, num(1)+"\x7e")), 2},
		"map values without the bit": {lit(1, 0, yjs.RefAny, id(3, 0), nil, num(1)+"\x7e"), continued(lit(1, 1, yjs.RefAny, nil, nil, num(1)+"\x7e")), 2},
		"list behind another's":      {lit(1, 0, yjs.RefAny, id(3, 1), nil, num(1)+"\x7e"), continued(lit(1, 1, yjs.RefAny, nil, nil, num(1)+"\x7e")), 1},
		"formats":                    {lit(1, 0, yjs.RefFormat, nil, nil, text("b")+text("1")), continued(lit(1, 1, yjs.RefFormat, nil, nil, text("b")+text("1"))), 2},
	} {
		t.Run(name, func(t *testing.T) {
			var d Doc
			apply(t, &d, update([]structOf{
				lit(3, 0, yjs.RefAny|yjs.InfoParentSub, nil, nil, num(1)+"\x7e"),
				lit(3, 1, yjs.RefAny, nil, nil, num(1)+"\x7e"),
				lit(2, 0, yjs.RefString, nil, nil, text("xy")),
				lit(257, 0, yjs.RefString, nil, nil, text("z")),
			}))
			want := newUnits().add(t, d.AppendState(nil))
			for _, s := range []structOf{c.a, c.b} {
				apply(t, &d, update([]structOf{s}))
				want.add(t, update([]structOf{s}))
			}
			if got := int(d.clients[d.position(1)].structs); got != c.want {
				t.Errorf("%d structs, want %d", got, c.want)
			}
			newUnits().add(t, d.AppendState(nil)).mustEqual(t, want, "state")
		})
	}
}

// TestLoadStopsAtAnError shows that Load does not compare a struct that has an error with the
// struct before it.
func TestLoadStopsAtAnError(t *testing.T) {
	// The second struct of client 0x44 has a right origin in its own future, written as the head of
	// the first.
	b := "\x02" + "\x01\x64\x00" + "\x04\x01\x01r\x01x" +
		"\x02\x44\x00" + "\x44\x64\x00" + "\x01a" + "\xc4\x44\x00" + "\x44\x64\x00"
	if _, err := Load([]byte(b)); !errors.Is(err, yjs.ErrFuture) {
		t.Errorf("error %v, want %v", err, yjs.ErrFuture)
	}
}

// TestTypingBecomesOneStruct types a text whose length grows by several bytes in its encoding, and
// checks that it is one struct and that differences are right.
func TestTypingBecomesOneStruct(t *testing.T) {
	var d Doc
	var typed []byte
	for clock := range uint64(17_000) {
		s := structOf{client: 1, clock: clock, info: yjs.RefString, content: text("x")}
		if clock > 0 {
			s.origin = id(1, clock-1)
		}
		apply(t, &d, update([]structOf{s}))
		typed = append(typed, 'x')
		if clock%97 == 0 || clock > 16_380 && clock < 16_390 {
			state := update([]structOf{{client: 1, info: yjs.RefString,
				content: text(string(typed))}})
			if !bytes.Equal(d.AppendState(nil), state) {
				t.Fatalf("after %d units the state is not one struct", clock+1)
			}
			tail := update([]structOf{{client: 1, clock: clock, info: yjs.RefString,
				origin: s.origin, content: text("x")}})
			if got := d.AppendDiff(nil, yjs.StateVector{{Client: 1, Clock: clock}}); clock > 0 &&
				!bytes.Equal(got, tail) {
				t.Fatalf("diff from %d is %x, want %x", clock, got, tail)
			}
		}
	}
}

// TestSplitSurrogatePairs shows that a surrogate pair which a difference cuts in two becomes
// U+FFFD, as in Yjs.
func TestSplitSurrogatePairs(t *testing.T) {
	whole := structOf{client: 1, info: yjs.RefString, content: text("a😀b")}
	var d Doc
	apply(t, &d, update([]structOf{whole}))
	for clock, want := range map[uint64]string{1: "😀b", 2: "\uFFFDb", 3: "b"} {
		got := d.AppendDiff(nil, yjs.StateVector{{Client: 1, Clock: clock}})
		if w := update([]structOf{{client: 1, clock: clock, info: yjs.RefString, origin: id(1, clock-1), content: text(want)}}); !bytes.Equal(got, w) {
			t.Errorf("diff from %d is %q, want %q", clock, got, w)
		}
	}
	var half Doc
	apply(t, &half, update([]structOf{{client: 1, info: yjs.RefString, content: text("a\uFFFD")}}))
	apply(t, &half, update([]structOf{whole}))
	if got, want := half.AppendState(nil), update([]structOf{{client: 1, info: yjs.RefString, content: text("a\uFFFD\uFFFDb")}}); !bytes.Equal(got, want) {
		t.Errorf("state %q, want %q", got, want)
	}
}

// TestDeleteRanges compares random deletions with a set of clocks.
func TestDeleteRanges(t *testing.T) {
	const clocks = 200
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 3))
		var d Doc
		apply(t, &d, update([]structOf{{client: 1, info: yjs.RefString,
			content: text(strings.Repeat("x", clocks))}}))
		d.ClearChanges()
		want := newUnits().add(t, d.AppendState(nil))
		for range 60 {
			from := r.Uint64N(clocks)
			b := update(nil, yjs.DeleteRange{Client: 1, Clock: from,
				End: min(clocks, from+1+r.Uint64N(12))})
			before := len(want.deleted)
			want.add(t, b)
			if out := apply(t, &d, b); out.Changed != (len(want.deleted) > before) || out.Missing {
				t.Fatalf("outcome %+v, %d of %d deletions new", out, len(want.deleted)-before,
					len(want.deleted))
			}
			if d.HasChanges() {
				if got := newUnits().add(t, d.AppendChanges(nil)); len(got.deleted) != len(want.deleted)-before || len(got.content) > 0 {
					t.Fatalf("changes %v, want %d deletions", got, len(want.deleted)-before)
				}
			}
		}
		newUnits().add(t, d.AppendState(nil)).mustEqual(t, want, "state")
		ranges := slices.Collect(d.clients[0].index.deletes.all())
		for i := range ranges {
			if ranges[i].clock >= ranges[i].end || i > 0 && ranges[i-1].end >= ranges[i].clock {
				t.Fatalf("ranges %v are not apart and ascending", ranges)
			}
		}
		if d.ranges != len(ranges) {
			t.Errorf("%d ranges counted, %d there", d.ranges, len(ranges))
		}
	}
}

// TestTombstonesAreDeleted shows that GC and deleted content count as deleted, so that a deletion
// of them changes nothing.
func TestTombstonesAreDeleted(t *testing.T) {
	var d Doc
	apply(t, &d, update([]structOf{
		{client: 1, info: yjs.RefGC, content: num(10)},
		{client: 1, clock: 10, info: yjs.RefDeleted, content: num(5)},
	}))
	if out := apply(t, &d, update(nil, yjs.DeleteRange{Client: 1, Clock: 2, End: 15})); out.Changed {
		t.Error("a deletion of the deleted changes something")
	}
	if ranges := slices.Collect(d.clients[0].index.deletes.all()); !slices.Equal(ranges, []clockRange{{0, 15}}) {
		t.Errorf("ranges %v", ranges)
	}
}

// TestBackspacesAreOneRange shows that deletions of neighbouring units are reported as one range.
func TestBackspacesAreOneRange(t *testing.T) {
	var d Doc
	apply(t, &d, update([]structOf{{client: 1, info: yjs.RefString, content: text("0123456789")}}))
	d.ClearChanges()
	for _, clock := range []uint64{5, 4, 7, 3, 6} {
		apply(t, &d, update(nil, yjs.DeleteRange{Client: 1, Clock: clock, End: clock + 1}))
	}
	if got, want := d.AppendChanges(nil), update(nil, yjs.DeleteRange{Client: 1, Clock: 3, End: 8}); !bytes.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
}

// TestApplyCopiesTheUpdate shows that neither a document nor its pending structs borrow the update.
func TestApplyCopiesTheUpdate(t *testing.T) {
	b := update([]structOf{
		{client: 2, info: yjs.RefString, origin: id(3, 0), content: text("waits")},
		{client: 1, info: yjs.RefString, content: text("here")},
	})
	var d Doc
	apply(t, &d, b)
	clear(b)
	apply(t, &d, update([]structOf{{client: 3, info: yjs.RefString, content: text("!")}}))
	if s := d.AppendState(nil); !bytes.Contains(s, []byte("waits")) ||
		!bytes.Contains(s, []byte("here")) {
		t.Errorf("state %q lost what the frame held", s)
	}
	if order := slices.Collect(d.order.all()); !slices.Equal(order, []uint32{1, 2, 0}) {
		t.Errorf("order %v, want descending client ids", order)
	}
}

// TestMapValuesAreSeparateStructs shows that a struct with several values of a map key is stored as
// one struct for each, whether its info byte shows the key or not, and that tombstones are not
// split.
func TestMapValuesAreSeparateStructs(t *testing.T) {
	two := num(2) + "\x7e\x7f"
	for name, c := range map[string]struct {
		s    structOf
		want int // structs
	}{
		"values with the key":      {lit(2, 0, yjs.RefAny|yjs.InfoParentSub, nil, nil, two), 2},
		"values":                   {lit(2, 0, yjs.RefAny, id(1, 1), nil, two), 2},
		"JSON":                     {lit(2, 0, yjs.RefJSON, id(1, 1), nil, num(2)+text("1")+text("2")), 2},
		"text":                     {lit(2, 0, yjs.RefString, id(1, 1), nil, text("aé€")), 3},
		"values before it":         {lit(2, 0, yjs.RefAny, nil, id(1, 1), two), 2},
		"tombstones":               {lit(2, 0, yjs.RefDeleted, id(1, 1), nil, num(2)), 1},
		"a list, whatever it says": {lit(2, 0, yjs.RefAny, nil, nil, two), 1},
	} {
		t.Run(name, func(t *testing.T) {
			var d Doc
			apply(t, &d, update([]structOf{
				lit(1, 0, yjs.RefAny|yjs.InfoParentSub, nil, nil, num(1)+"\x7e"),
				lit(1, 1, yjs.RefAny, id(1, 0), nil, num(1)+"\x7e"), // as Y.mergeUpdates leaves it
			}))
			want := newUnits().add(t, d.AppendState(nil))
			apply(t, &d, update([]structOf{c.s}))
			want.add(t, update([]structOf{c.s}))
			newUnits().add(t, d.AppendState(nil)).mustEqual(t, want, "state")
			if got := int(d.clients[d.position(2)].structs); got != c.want {
				t.Errorf("%d structs, want %d", got, c.want)
			}
		})
	}
}

// TestMapValuesSplitSurrogatePairs shows that a surrogate pair becomes two values of U+FFFD.
func TestMapValuesSplitSurrogatePairs(t *testing.T) {
	var d Doc
	apply(t, &d, update([]structOf{lit(1, 0, yjs.RefString|yjs.InfoParentSub, nil, nil,
		text("a😀"))}))
	want := newUnits().add(t, update([]structOf{lit(1, 0, yjs.RefString|yjs.InfoParentSub, nil, nil,
		text("a\uFFFD\uFFFD"))}))
	newUnits().add(t, d.AppendState(nil)).mustEqual(t, want, "state")
}
