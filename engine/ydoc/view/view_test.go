package view

import (
	"errors"
	"reflect"
	"testing"

	"github.com/civicpress/civic-realtime/codec"
)

// section writes one client's structs, from clock 0; each is its bytes.
func section(client uint64, structs ...string) string {
	b := codec.AppendID(codec.AppendUvarint(nil, uint64(len(structs))), codec.ID{Client: client})
	for _, s := range structs {
		b = append(b, s...)
	}
	return string(b)
}

func newView(t *testing.T, deletes []codec.DeleteRange, sections ...string) *View {
	t.Helper()
	b := codec.AppendUvarint(nil, uint64(len(sections)))
	for _, s := range sections {
		b = append(b, s...)
	}
	u, err := codec.CheckUpdate(codec.AppendDeletes(b, deletes))
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(u)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func str(s string) string { return string(codec.AppendString(nil, s)) }

// Heads of structs: in a root, behind an id, before one, between two.
func inRoot(ref byte, root string) string { return string([]byte{ref, 1}) + str(root) }
func behind(ref byte, client, clock uint64) string {
	return string(codec.AppendID([]byte{ref | codec.InfoOrigin}, codec.ID{Client: client, Clock: clock}))
}
func between(ref byte, a, b codec.ID) string {
	return string(codec.AppendID(codec.AppendID([]byte{ref | codec.InfoOrigin | codec.InfoRightOrigin}, a), b))
}
func inType(ref byte, client, clock uint64) string {
	return string(codec.AppendID([]byte{ref, 0}, codec.ID{Client: client, Clock: clock}))
}

func TestConcurrentInsertionsOrderByClient(t *testing.T) {
	a, z := codec.ID{Client: 1, Clock: 0}, codec.ID{Client: 1, Clock: 1}
	v := newView(t, nil,
		section(3, between(codec.RefString, a, z)+str("C")),
		section(2, between(codec.RefString, a, z)+str("B"), between(codec.RefString, codec.ID{Client: 2}, z)+str("b")),
		section(1, inRoot(codec.RefString, "t")+str("az")),
	)
	if got := v.Root("t").String(); got != "aBbCz" {
		t.Errorf("text %q, want aBbCz", got)
	}
}

func TestInsertionInsideAStruct(t *testing.T) {
	v := newView(t, []codec.DeleteRange{{Client: 1, Clock: 1, End: 2}},
		section(2, between(codec.RefString, codec.ID{Client: 1, Clock: 1}, codec.ID{Client: 1, Clock: 2})+str("-")),
		section(1, inRoot(codec.RefString, "t")+str("ab😀d")),
	)
	if got := v.Root("t").String(); got != "a-😀d" {
		t.Errorf("text %q, want a-😀d", got)
	}
	want := section(2, between(codec.RefString, codec.ID{Client: 1, Clock: 1}, codec.ID{Client: 1, Clock: 2})+str("-")) +
		section(1, inRoot(codec.RefString, "t")+str("a"), behind(codec.RefDeleted, 1, 0)+"\x01", behind(codec.RefString, 1, 1)+str("😀d"))
	if got := string(v.AppendCompacted(nil)); got != "\x02"+want+"\x01\x01\x01\x01\x01" {
		t.Errorf("compacted to %q", got)
	}
}

func TestSurrogatesCutApart(t *testing.T) {
	v := newView(t, nil,
		section(2, between(codec.RefString, codec.ID{Client: 1, Clock: 1}, codec.ID{Client: 1, Clock: 2})+str("-")),
		section(1, inRoot(codec.RefString, "t")+str("a😀b")),
	)
	if got := v.Root("t").String(); got != "a\uFFFD-\uFFFDb" {
		t.Errorf("text %q", got)
	}
}

func TestMapKeepsTheLastValue(t *testing.T) {
	key := func(client uint64, value byte) string {
		return section(client, string([]byte{codec.RefAny | codec.InfoParentSub, 1})+str("m")+str("k")+string([]byte{1, value}))
	}
	v := newView(t, nil, key(2, codec.AnyTrue), key(1, codec.AnyFalse))
	if got, want := v.Root("m").JSON(codec.TypeMap), map[string]any{"k": true}; !reflect.DeepEqual(got, want) {
		t.Errorf("map %v, want %v", got, want)
	}
	want := codec.DeleteRange{Client: 1, Clock: 0, End: 1}
	if got := v.deleted(); len(got) != 1 || got[0] != want {
		t.Errorf("deleted %v, want the value that lost", got)
	}
}

func TestChildrenOfTheDeletedAreGone(t *testing.T) {
	element := inRoot(codec.RefType, "x") + "\x03" + str("P")
	v := newView(t, []codec.DeleteRange{{Client: 1, Clock: 0, End: 1}},
		section(2, inType(codec.RefString, 1, 0)+str("late")),
		section(1, element, inType(codec.RefType, 1, 0)+"\x06", inType(codec.RefString, 1, 1)+str("text")),
	)
	if got := v.Root("x").JSON(codec.TypeXMLFragment); got != "" {
		t.Errorf("markup %q of what is deleted", got)
	}
	want := "\x02" + section(2, "\x00\x04") + section(1, inRoot(codec.RefDeleted, "x")+"\x01", "\x00\x05") + "\x02\x02\x01\x00\x04\x01\x01\x00\x06"
	if got := string(v.AppendCompacted(nil)); got != want {
		t.Errorf("compacted to %q, want %q", got, want)
	}
}

func TestMarkupAndDelta(t *testing.T) {
	v := newView(t, nil, section(1,
		inRoot(codec.RefType, "x")+"\x03"+str("Heading"),
		string([]byte{codec.RefAny | codec.InfoParentSub, 0, 1, 0})+str("level")+"\x01\x7d\x02",
		inType(codec.RefType, 1, 0)+"\x06",
		inType(codec.RefString, 1, 2)+str("a"),
		behind(codec.RefFormat, 1, 3)+str("strong")+str("{}"),
		behind(codec.RefString, 1, 4)+str("b"),
		behind(codec.RefFormat, 1, 5)+str("strong")+str("null"),
		behind(codec.RefEmbed, 1, 6)+str(`{"n":1e99}`),
	))
	if got, want := v.Root("x").JSON(codec.TypeXMLFragment), `<heading level="2">a<strong>b</strong>[object Object]</heading>`; got != want {
		t.Errorf("markup %q, want %q", got, want)
	}
	heading := v.Root("x").Values()[0].(Type)
	delta := heading.Values()[0].(Type).Delta()
	if len(delta) != 3 || delta[1].Insert != "b" || !reflect.DeepEqual(delta[1].Attributes, map[string]any{"strong": map[string]any{}}) {
		t.Errorf("delta %v", delta)
	}
}

func TestIncomplete(t *testing.T) {
	for name, sections := range map[string][]string{
		"unknown origin": {section(1, behind(codec.RefString, 2, 0)+str("a"))},
		"circle":         {section(2, behind(codec.RefString, 1, 0)+str("a")), section(1, behind(codec.RefString, 2, 0)+str("b"))},
		"skip":           {section(1, "\x0a\x01", "\x00\x01")},
		"later clock":    {"\x01\x01\x05\x00\x01"},
	} {
		b := codec.AppendUvarint(nil, uint64(len(sections)))
		for _, s := range sections {
			b = append(b, s...)
		}
		u, err := codec.CheckUpdate(append(b, 0))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := New(u); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%s: error %v, want %v", name, err, ErrIncomplete)
		}
	}
}

// TestMaxSteps has structs compared with each that stands between their origins.
func TestMaxSteps(t *testing.T) {
	u := codec.Trust(fan(100))
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

// fan is an update of n characters of one client, one after the other, and as many
// of another, each of which stands before one of the former and was written before all.
func fan(n uint64) []byte {
	b := codec.AppendID(codec.AppendUvarint([]byte{2}, n), codec.ID{Client: 2})
	b = codec.AppendString(codec.AppendString(append(b, codec.RefString, 1), "fan"), "x")
	for clock := uint64(1); clock < n; clock++ {
		b = codec.AppendID(append(b, codec.RefString|codec.InfoOrigin), codec.ID{Client: 2, Clock: clock - 1})
		b = codec.AppendString(b, "x")
	}
	b = codec.AppendID(codec.AppendUvarint(b, n), codec.ID{Client: 1})
	for clock := range n {
		b = codec.AppendID(append(b, codec.RefString|codec.InfoRightOrigin), codec.ID{Client: 2, Clock: n - 1 - clock})
		b = codec.AppendString(b, "y")
	}
	return append(b, 0)
}
