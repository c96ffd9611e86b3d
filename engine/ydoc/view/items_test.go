package view

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestItems reads the items of a heading with an attribute and a text, a part of which is deleted.
func TestItems(t *testing.T) {
	v := newView(t, []yjs.DeleteRange{{Client: 1, Clock: 4, End: 5}}, section(1,
		inRoot(yjs.RefType, "x")+"\x03"+str("heading"),
		string([]byte{yjs.RefAny | yjs.InfoParentSub, 0, 1, 0})+str("level")+"\x01\x7d\x02",
		inType(yjs.RefType, 1, 0)+"\x06",
		inType(yjs.RefString, 1, 2)+str("abc"),
		behind(yjs.RefFormat, 1, 5)+str("em")+str("{}"),
	))
	heading := slices.Collect(v.Root("x").Items())[0]
	level, ok := heading.Type().Entry("level")
	if !ok || level.First().Clock != 1 || !reflect.DeepEqual(level.Values(), []any{2.0}) {
		t.Errorf("level %v %v %v", ok, level.First(), level.Values())
	}
	if _, ok := heading.Type().Entry("other"); ok ||
		!slices.Equal(heading.Type().Keys(), []string{"level"}) {
		t.Errorf("keys %v", heading.Type().Keys())
	}
	text := slices.Collect(heading.Type().Items())[0]
	var got []string
	for it := range text.Type().Items() {
		s := fmt.Sprint(it.First().Clock, "-", it.Last().Clock)
		switch {
		case it.Deleted():
			s += " deleted"
		case it.Ref() == yjs.RefString:
			s += " " + it.Text()
		default:
			key, json := it.Format()
			s += " " + key + json
		}
		got = append(got, s)
	}
	if want := []string{"3-3 a", "4-4 deleted", "5-5 c", "6-6 em{}"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := fmt.Sprint(heading.AppendDeletion(nil)), "[{1 0 1} {1 2 3} {1 3 4} {1 5 6} {1 6 7} {1 1 2}]"; got != want {
		t.Errorf("deletes %s, want %s", got, want)
	}
}

// TestClients checks Clients, Has and Alive.
func TestClients(t *testing.T) {
	v := newView(t, []yjs.DeleteRange{{Client: 2, Clock: 0, End: 2}, {Client: 1, Clock: 0, End: 1}},
		section(2, inRoot(yjs.RefString, "t")+str("ab")),
		section(1, inRoot(yjs.RefString, "t")+str("ab")))
	var got []uint64
	for id, clock := range v.Clients() {
		got = append(got, id, clock)
	}
	if !slices.Equal(got, []uint64{2, 2, 1, 2}) {
		t.Errorf("clients %v", got)
	}
	if got := []bool{v.Has(2), v.Has(3), v.Alive(2, 2), v.Alive(1, 2), v.Alive(1, 1), v.Alive(3, 1)}; !slices.Equal(got, []bool{true, false, false, true, false, false}) {
		t.Errorf("has and alive %v", got)
	}
}
