package view

import (
	"errors"
	"reflect"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// section returns the section of a client from clock 0, of encoded structs.
func section(client uint64, structs ...string) string {
	b := yjs.AppendID(lib0.AppendUvarint(nil, uint64(len(structs))), yjs.ID{Client: client})
	for _, s := range structs {
		b = append(b, s...)
	}
	return string(b)
}

func newView(t *testing.T, deletes []yjs.DeleteRange, sections ...string) *View {
	t.Helper()
	b := lib0.AppendUvarint(nil, uint64(len(sections)))
	for _, s := range sections {
		b = append(b, s...)
	}
	u, err := yjs.CheckUpdate(yjs.AppendDeletes(b, deletes))
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(u)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func str(s string) string { return string(lib0.AppendString(nil, s)) }

// inRoot, behind, between and inType return structs up to their content: in a root, behind a unit,
// between two units, and in a type.
func inRoot(ref byte, root string) string { return string([]byte{ref, 1}) + str(root) }
func behind(ref byte, client, clock uint64) string {
	return string(yjs.AppendID([]byte{ref | yjs.InfoOrigin}, yjs.ID{Client: client, Clock: clock}))
}
func between(ref byte, a, b yjs.ID) string {
	return string(yjs.AppendID(yjs.AppendID([]byte{ref | yjs.InfoOrigin | yjs.InfoRightOrigin}, a),
		b))
}
func inType(ref byte, client, clock uint64) string {
	return string(yjs.AppendID([]byte{ref, 0}, yjs.ID{Client: client, Clock: clock}))
}

// TestConcurrentInsertionsOrderByClient shows that texts that are inserted at one place are ordered
// by client id.
func TestConcurrentInsertionsOrderByClient(t *testing.T) {
	a, z := yjs.ID{Client: 1, Clock: 0}, yjs.ID{Client: 1, Clock: 1}
	v := newView(t, nil,
		section(3, between(yjs.RefString, a, z)+str("C")),
		section(2, between(yjs.RefString, a, z)+str("B"),
			between(yjs.RefString, yjs.ID{Client: 2}, z)+str("b")),
		section(1, inRoot(yjs.RefString, "t")+str("az")),
	)
	if got := v.Root("t").String(); got != "aBbCz" {
		t.Errorf("text %q, want aBbCz", got)
	}
}

// TestInsertionInsideAStruct shows that a struct is split where a part of it is deleted and another
// struct is inserted.
func TestInsertionInsideAStruct(t *testing.T) {
	v := newView(t, []yjs.DeleteRange{{Client: 1, Clock: 1, End: 2}},
		section(2, between(yjs.RefString, yjs.ID{Client: 1, Clock: 1},
			yjs.ID{Client: 1, Clock: 2})+str("-")),
		section(1, inRoot(yjs.RefString, "t")+str("ab😀d")),
	)
	if got := v.Root("t").String(); got != "a-😀d" {
		t.Errorf("text %q, want a-😀d", got)
	}
	want := section(2, between(yjs.RefString, yjs.ID{Client: 1, Clock: 1},
		yjs.ID{Client: 1, Clock: 2})+str("-")) +
		section(1, inRoot(yjs.RefString, "t")+str("a"), behind(yjs.RefDeleted, 1, 0)+"\x01",
			behind(yjs.RefString, 1, 1)+str("😀d"))
	if got := string(v.AppendCompacted(nil)); got != "\x02"+want+"\x01\x01\x01\x01\x01" {
		t.Errorf("compacted to %q", got)
	}
}

// TestSplitSurrogatePairs shows that a surrogate pair becomes U+FFFD twice when it is split, as in
// Yjs.
func TestSplitSurrogatePairs(t *testing.T) {
	v := newView(t, nil,
		section(2, between(yjs.RefString, yjs.ID{Client: 1, Clock: 1},
			yjs.ID{Client: 1, Clock: 2})+str("-")),
		section(1, inRoot(yjs.RefString, "t")+str("a😀b")),
	)
	if got := v.Root("t").String(); got != "a\uFFFD-\uFFFDb" {
		t.Errorf("text %q", got)
	}
}

// TestMapKeepsTheLastValue shows that of two values of a key that of the higher client id stays,
// and the other is deleted.
func TestMapKeepsTheLastValue(t *testing.T) {
	key := func(client uint64, value byte) string {
		return section(client, string([]byte{yjs.RefAny | yjs.InfoParentSub,
			1})+str("m")+str("k")+string([]byte{1, value}))
	}
	v := newView(t, nil, key(2, lib0.AnyTrue), key(1, lib0.AnyFalse))
	if got, want := v.Root("m").JSON(yjs.TypeMap), map[string]any{"k": true}; !reflect.DeepEqual(got, want) {
		t.Errorf("map %v, want %v", got, want)
	}
	want := yjs.DeleteRange{Client: 1, Clock: 0, End: 1}
	if got := v.deletedRanges(); len(got) != 1 || got[0] != want {
		t.Errorf("deleted %v, want the value that lost", got)
	}
}

// TestContentOfDeletedTypesIsDeleted shows that content that arrives in a deleted type is deleted,
// and becomes GC.
func TestContentOfDeletedTypesIsDeleted(t *testing.T) {
	element := inRoot(yjs.RefType, "x") + "\x03" + str("P")
	v := newView(t, []yjs.DeleteRange{{Client: 1, Clock: 0, End: 1}},
		section(2, inType(yjs.RefString, 1, 0)+str("late")),
		section(1, element, inType(yjs.RefType, 1, 0)+"\x06",
			inType(yjs.RefString, 1, 1)+str("text")),
	)
	if got := v.Root("x").JSON(yjs.TypeXMLFragment); got != "" {
		t.Errorf("markup %q of what is deleted", got)
	}
	want := "\x02" + section(2, "\x00\x04") + section(1, inRoot(yjs.RefDeleted, "x")+"\x01",
		"\x00\x05") + "\x02\x02\x01\x00\x04\x01\x01\x00\x06"
	if got := string(v.AppendCompacted(nil)); got != want {
		t.Errorf("compacted to %q, want %q", got, want)
	}
}

// TestMarkupAndDelta checks the markup and the delta of a text with a format and an embed.
func TestMarkupAndDelta(t *testing.T) {
	v := newView(t, nil, section(1,
		inRoot(yjs.RefType, "x")+"\x03"+str("Heading"),
		string([]byte{yjs.RefAny | yjs.InfoParentSub, 0, 1, 0})+str("level")+"\x01\x7d\x02",
		inType(yjs.RefType, 1, 0)+"\x06",
		inType(yjs.RefString, 1, 2)+str("a"),
		behind(yjs.RefFormat, 1, 3)+str("strong")+str("{}"),
		behind(yjs.RefString, 1, 4)+str("b"),
		behind(yjs.RefFormat, 1, 5)+str("strong")+str("null"),
		behind(yjs.RefEmbed, 1, 6)+str(`{"n":1e99}`),
	))
	if got, want := v.Root("x").JSON(yjs.TypeXMLFragment), `<heading level="2">a<strong>b</strong>[object Object]</heading>`; got != want {
		t.Errorf("markup %q, want %q", got, want)
	}
	heading := v.Root("x").Values()[0].(Type)
	delta := heading.Values()[0].(Type).Delta()
	if len(delta) != 3 || delta[1].Insert != "b" ||
		!reflect.DeepEqual(delta[1].Attributes, map[string]any{"strong": map[string]any{}}) {
		t.Errorf("delta %v", delta)
	}
}

// TestIncompleteUpdates checks that New refuses updates that lack structs.
func TestIncompleteUpdates(t *testing.T) {
	for name, sections := range map[string][]string{
		"unknown origin": {section(1, behind(yjs.RefString, 2, 0)+str("a"))},
		"circle":         {section(2, behind(yjs.RefString, 1, 0)+str("a")), section(1, behind(yjs.RefString, 2, 0)+str("b"))},
		"skip":           {section(1, "\x0a\x01", "\x00\x01")},
		"later clock":    {"\x01\x01\x05\x00\x01"},
	} {
		b := lib0.AppendUvarint(nil, uint64(len(sections)))
		for _, s := range sections {
			b = append(b, s...)
		}
		u, err := yjs.CheckUpdate(append(b, 0))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := New(u); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%s: error %v, want %v", name, err, ErrIncomplete)
		}
	}
}

// TestMaxSteps shows that integration stops after MaxSteps comparisons of items.
func TestMaxSteps(t *testing.T) {
	u := yjs.Trust(fan(100))
	v, err := New(u)
	if err != nil || v.steps == 0 {
		t.Fatalf("%v after %d steps", err, v.steps)
	}
	if _, err := New(u, MaxSteps(v.steps)); err != nil {
		t.Errorf("%v with as many steps as it takes", err)
	}
	if _, err := New(u, MaxSteps(v.steps-1)); err != ErrBudget {
		t.Errorf("%v with a step less, want %v", err, ErrBudget)
	}
}

// fan returns an update of n characters of one client, each behind the one before, and n of another
// client. Each of these is before one of the former, and was written before all of them.
func fan(n uint64) []byte {
	b := yjs.AppendID(lib0.AppendUvarint([]byte{2}, n), yjs.ID{Client: 2})
	b = lib0.AppendString(lib0.AppendString(append(b, yjs.RefString, 1), "fan"), "x")
	for clock := uint64(1); clock < n; clock++ {
		b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin),
			yjs.ID{Client: 2, Clock: clock - 1})
		b = lib0.AppendString(b, "x")
	}
	b = yjs.AppendID(lib0.AppendUvarint(b, n), yjs.ID{Client: 1})
	for clock := range n {
		b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoRightOrigin),
			yjs.ID{Client: 2, Clock: n - 1 - clock})
		b = lib0.AppendString(b, "y")
	}
	return append(b, 0)
}
