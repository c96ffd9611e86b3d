package ydoc

import (
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// textOf returns an update: a text that a client types into the root "t".
func textOf(client uint64, text string) []byte {
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client})
	b = lib0.AppendString(append(b, yjs.RefString, 1), "t")
	return append(lib0.AppendString(b, text), 0)
}

// TestClients checks Clients, Clock and DeletedBelow.
func TestClients(t *testing.T) {
	var d Doc
	apply := func(b []byte) {
		t.Helper()
		u, err := yjs.CheckUpdate(b)
		if err != nil {
			t.Fatal(err)
		}
		d.Apply(u)
	}
	for _, client := range []uint64{10, 20, 30, 1 << 40} {
		apply(textOf(client, "abc"))
	}
	apply(yjs.AppendDeletes([]byte{0}, []yjs.DeleteRange{{Client: 30, Clock: 0, End: 2},
		{Client: 20, Clock: 0, End: 3}, {Client: 10, Clock: 1, End: 3}}))
	if got := slices.Collect(d.Clients()); !slices.Equal(got, []uint64{1 << 40, 30, 20, 10}) {
		t.Errorf("clients %v", got)
	}
	if got := [2]uint64{d.Clock(10), d.Clock(11)}; got != [2]uint64{3, 0} {
		t.Errorf("clocks %v", got)
	}
	for id, below := range map[uint64]uint64{10: 0, 11: 0, 20: 3, 30: 2, 1 << 40: 0} {
		if got := d.DeletedBelow(id); got != below {
			t.Errorf("client %d: %d", id, got)
		}
	}
}

// TestStructs checks Structs and LastStruct, and that LastStruct skips long structs and does not
// allocate.
func TestStructs(t *testing.T) {
	var d Doc
	d.Apply(yjs.Trust(textOf(10, "abc")))
	more := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: 10, Clock: 3})
	more = lib0.AppendString(append(more, yjs.RefString, 1), "t")
	d.Apply(yjs.Trust(append(lib0.AppendString(more, "de"), 0)))
	run, texts := d.Structs(10), ""
	for s := (yjs.Struct{}); run.Read(&s); {
		texts += string(run.Raw()[s.Body+1:s.End]) + "|"
	}
	if texts != "abc|de|" {
		t.Errorf("structs %q", texts)
	}
	var s yjs.Struct
	raw, ok := d.LastStruct(10, 100, &s)
	if !ok || s.ID != (yjs.ID{Client: 10, Clock: 3}) || s.Len != 2 ||
		string(raw[s.Body+1:s.End]) != "de" {
		t.Errorf("last %+v, %v", s, ok)
	}
	if _, ok := d.LastStruct(11, 100, &s); ok || d.Structs(11).Left != 0 {
		t.Error("a client that wrote nothing has structs")
	}
	d.Apply(yjs.Trust(textOf(12, strings.Repeat("x", 100))))
	if _, ok := d.LastStruct(12, 100, &s); ok {
		t.Error("a long struct is read")
	}
	if n := testing.AllocsPerRun(100, func() { d.LastStruct(10, 100, &s) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
