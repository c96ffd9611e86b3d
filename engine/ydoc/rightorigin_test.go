package ydoc

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// str returns a string of client 1: in the root at clock 0, else behind the unit before.
func str(clock uint64, s string) structOf {
	if clock == 0 {
		return lit(1, 0, yjs.RefString, nil, nil, text(s))
	}
	return lit(1, clock, yjs.RefString, id(1, clock-1), nil, text(s))
}

// TestReversedStructs checks the origins with which reversed structs are stored.
func TestReversedStructs(t *testing.T) {
	embed := func(client, clock uint64) structOf {
		return lit(client, clock, yjs.RefEmbed, id(1, 4), id(1, 2), text("{}"))
	}
	behind := func(client, clock uint64) structOf { s := embed(client, clock); s.right = nil; return s }
	before := func(client, clock uint64) structOf { s := embed(client, clock); s.origin = id(1, 1); return s }
	other := func(client uint64, origin, right *yjs.ID) structOf {
		return lit(client, 0, yjs.RefString, origin, right, text("x"))
	}
	for name, c := range map[string]struct {
		updates [][]byte
		want    structOf
	}{
		"in one item":            {[][]byte{update([]structOf{str(0, "abcdef"), embed(1, 6)})}, before(1, 6)},
		"in items joined before": {[][]byte{update([]structOf{str(0, "abc")}), update([]structOf{str(3, "def")}), update([]structOf{embed(1, 6)})}, before(1, 6)},
		"by another client":      {[][]byte{update([]structOf{str(0, "abcdef")}), update([]structOf{embed(2, 0)})}, before(2, 0)},
		"in two items":           {[][]byte{update([]structOf{str(0, "abc"), str(3, "def"), embed(1, 6)})}, behind(1, 6)},
		"where items join":       {[][]byte{update([]structOf{str(0, "ab"), str(2, "cdef"), embed(1, 6)})}, behind(1, 6)},
		"joined on the way": {[][]byte{update([]structOf{str(0, "abc")}), update([]structOf{str(3, "def"), embed(1, 6)})},
			behind(1, 6)},
		"partly deleted": {[][]byte{update([]structOf{str(0, "abcdef")}, yjs.DeleteRange{Client: 1, Clock: 3, End: 4}),
			update([]structOf{embed(1, 6)})}, behind(1, 6)},
		"wholly deleted": {[][]byte{update([]structOf{str(0, "abcdef")}, yjs.DeleteRange{Client: 1, Clock: 0, End: 6}),
			update([]structOf{embed(1, 6)})}, before(1, 6)},
		"deleted beside them": {[][]byte{update([]structOf{str(0, "abcdef")}, yjs.DeleteRange{Client: 1, Clock: 0, End: 1},
			yjs.DeleteRange{Client: 1, Clock: 5, End: 6}), update([]structOf{embed(1, 6)})},
			before(1, 6)},
		"deleted with them": {[][]byte{update([]structOf{str(0, "abcdef"), embed(1, 6)}, yjs.DeleteRange{Client: 1, Clock: 3, End: 4})},
			before(1, 6)},
		"split by another": {[][]byte{update([]structOf{str(0, "abcdef")}), update([]structOf{other(7, id(1, 2), id(1, 3))}),
			update([]structOf{embed(1, 6)})}, behind(1, 6)},
		"split outside": {[][]byte{update([]structOf{str(0, "abcdef")}), update([]structOf{other(7, id(1, 0), id(1, 1))}),
			update([]structOf{embed(1, 6)})}, before(1, 6)},
		"another came behind": {[][]byte{update([]structOf{str(0, "abc")}), update([]structOf{other(7, id(1, 2), nil)}),
			update([]structOf{str(3, "def")}), update([]structOf{embed(1, 6)})}, before(1, 6)},
		"another came between": {[][]byte{update([]structOf{str(0, "abc")}), update([]structOf{other(0, id(1, 2), nil)}),
			update([]structOf{str(3, "def")}), update([]structOf{embed(1, 6)})}, behind(1, 6)},
		"split in this update": {[][]byte{update([]structOf{str(0, "abcdef")}),
			update([]structOf{other(7, id(1, 3), nil), embed(1, 6)})}, behind(1, 6)},
		"split by what waited": {[][]byte{update([]structOf{embed(1, 6)}), update([]structOf{other(7, id(1, 3), nil)}),
			update([]structOf{str(0, "abcdef")})}, embed(1, 6)},
		"at the start": {[][]byte{update([]structOf{str(0, "abcde"), lit(1, 5, yjs.RefEmbed, id(1, 4), id(1, 0), text("{}"))})},
			structOf{client: 1, clock: 5, info: yjs.RefEmbed, origin: id(1, 4),
				content: text("{}")}},
	} {
		t.Run(name, func(t *testing.T) {
			var d Doc
			for _, u := range c.updates {
				apply(t, &d, u)
			}
			got := newUnits().add(t, d.AppendState(nil))
			want := newUnits().add(t, update([]structOf{c.want}))
			for id, holds := range want.content {
				if name == "split by what waited" {
					// Either update may be merged first. All receivers must only see the same.
					if b := newUnits().add(t, update([]structOf{behind(1, 6)})).content[id]; got.content[id] == b {
						continue
					}
					holds = newUnits().add(t, update([]structOf{before(1, 6)})).content[id]
				}
				if got.content[id] != holds {
					t.Errorf("%v holds %q, want %q", id, got.content[id], holds)
				}
			}
			again, err := Load(d.AppendState(nil))
			if err != nil {
				t.Fatal(err)
			}
			newUnits().add(t, again.AppendState(nil)).mustEqual(t, got, "loaded")
		})
	}
}

// TestReversedAfterMerging applies an update that fuzzing found: its structs are merged, which
// makes one of them reversed.
func TestReversedAfterMerging(t *testing.T) {
	b, err := hex.DecodeString("010301000401017405616161616184010409efbfbd78f09f988079c501060102107b2274797065223a22696d616765227d0101010504")
	if err != nil {
		t.Fatal(err)
	}
	var d Doc
	apply(t, &d, b)
	want := "\x01\x02\x01\x00\x04\x01\x01t\x0eaaaaa\uFFFDx😀y\x85\x01\x06\x10{\"type\":\"image\"}\x01\x01\x01\x05\x04"
	if got := d.AppendState(nil); string(got) != want {
		t.Errorf("state %q, want %q", got, want)
	}
}

// TestManyReversedStructs shows that the cost of a reversed struct does not grow with the document.
func TestManyReversedStructs(t *testing.T) {
	const n = 20_000
	var d Doc
	structs := []structOf{str(0, string(bytes.Repeat([]byte("a"), n)))}
	for i := range uint64(n) {
		structs = append(structs, lit(2, i, yjs.RefEmbed, id(1, i), id(1, i), text("1")))
	}
	apply(t, &d, update(structs[:1]))
	apply(t, &d, update(structs[1:]))
	if got := len(d.itemSplits.settled) + len(d.itemSplits.fresh); got != 0 {
		t.Errorf("%d words kept for an update that is merged", got)
	}
	apply(t, &d, update([]structOf{lit(3, 0, yjs.RefEmbed, id(1, n-1), id(1, n-2), text("1"))}))
	if got := d.itemSplits.seen[d.position(2)].clock; got != n-1 {
		t.Errorf("looked at client 2 up to clock %d, want %d", got, n-1)
	}
}

// TestClockSet checks searches in a set of ids.
func TestClockSet(t *testing.T) {
	s := make(clockSet)
	for _, clock := range []uint64{0, 63, 64, 5000, 1 << 40, lib0.MaxSafeInteger} {
		s.add(yjs.ID{Client: 7, Clock: clock})
	}
	for _, c := range []struct {
		from, to uint64
		want     bool
	}{{0, 0, true}, {1, 62, false}, {1, 63, true}, {64, 64, true}, {65, 4999, false},
		{65, 5000, true}, {5001, 1<<40 - 1, false},
		{5001, 1 << 40, true}, {1<<40 + 1, lib0.MaxSafeInteger - 1, false},
		{1<<40 + 1, lib0.MaxSafeInteger, true}} {
		if got := s.hasIn(yjs.ID{Client: 7, Clock: c.from}, c.to); got != c.want {
			t.Errorf("in [%d, %d]: %v", c.from, c.to, got)
		}
		if s.hasIn(yjs.ID{Client: 8, Clock: c.from}, c.to) {
			t.Error("of another client")
		}
	}
}
