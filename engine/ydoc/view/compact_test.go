package view

import (
	"reflect"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// values returns a struct with one string value.
func values(head, s string) string { return head + string([]byte{1, lib0.AnyString}) + str(s) }

// TestCompactionKeepsForeignRightOrigins shows that an item whose right origin is in another,
// deleted type survives compaction, and that of the deleted type only the items stay that it needs.
func TestCompactionKeepsForeignRightOrigins(t *testing.T) {
	id := func(clock uint64) yjs.ID { return yjs.ID{Client: 1, Clock: clock} }
	first := values(inRoot(yjs.RefAny, "a"), "first")
	array := behind(yjs.RefType, 1, 0) + "\x00"
	inner := inType(yjs.RefType, 1, 1) + "\x00"
	key := string([]byte{yjs.RefAny | yjs.InfoParentSub, 0, 1, 1}) + str("k") + string([]byte{1,
		lib0.AnyTrue})
	for name, tt := range map[string]struct{ structs, compacted []string }{
		"right origin": {
			[]string{first, array, values(inType(yjs.RefAny, 1, 1), "b"),
				values(between(yjs.RefAny, id(0), id(2)), "stray")},
			[]string{first, array, inType(yjs.RefDeleted, 1, 1) + "\x01",
				values(between(yjs.RefAny, id(0), id(2)), "stray")},
		},
		"what it stands behind": {
			[]string{first, array, values(inType(yjs.RefAny, 1, 1), "b"),
				inType(yjs.RefBinary, 1, 1) + "\x00",
				values(behind(yjs.RefAny, 1, 2), "c"),
				values(between(yjs.RefAny, id(0), id(4)), "stray")},
			[]string{first, array, inType(yjs.RefDeleted, 1, 1) + "\x01", "\x00\x01",
				behind(yjs.RefDeleted, 1, 2) + "\x01",
				values(between(yjs.RefAny, id(0), id(4)), "stray")},
		},
		"types around it": {
			[]string{first, array, inner, values(inType(yjs.RefAny, 1, 2), "b"),
				values(between(yjs.RefAny, id(0), id(3)), "stray")},
			[]string{first, array, inner, inType(yjs.RefDeleted, 1, 2) + "\x01",
				values(between(yjs.RefAny, id(0), id(3)), "stray")},
		},
		"value of a key": {
			[]string{first, array, key, values(between(yjs.RefAny, id(0), id(2)), "stray")},
			[]string{first, array, string([]byte{yjs.RefDeleted | yjs.InfoParentSub, 0, 1,
				1}) + str("k") + "\x01",
				values(between(yjs.RefAny, id(0), id(2)), "stray")},
		},
		"deleted stray that another stands behind": {
			[]string{first, values(behind(yjs.RefAny, 1, 0), "-"), array,
				values(inType(yjs.RefAny, 1, 2), "b"),
				values(between(yjs.RefAny, id(1), id(3)), "-"),
				values(behind(yjs.RefAny, 1, 4), "stray")},
			[]string{first, behind(yjs.RefDeleted, 1, 0) + "\x01", array,
				inType(yjs.RefDeleted, 1, 2) + "\x01",
				between(yjs.RefDeleted, id(1), id(3)) + "\x01",
				values(behind(yjs.RefAny, 1, 4), "stray")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			deletes := []yjs.DeleteRange{{Client: 1, Clock: 1, End: uint64(len(tt.structs) - 1)}}
			v := newView(t, deletes, section(1, tt.structs...))
			got := string(v.AppendCompacted(nil))
			if want := string(yjs.AppendDeletes([]byte("\x01"+section(1, tt.compacted...)), deletes)); got != want {
				t.Errorf("compacted to %q, want %q", got, want)
			}
			after := newView(t, deletes, section(1, tt.compacted...))
			if got, want := after.Root("a").Values(), v.Root("a").Values(); !reflect.DeepEqual(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

// TestCompactionOfForeignRightOriginsInDeletedTypes shows that such an item becomes GC if its own
// type is deleted.
func TestCompactionOfForeignRightOriginsInDeletedTypes(t *testing.T) {
	array := inRoot(yjs.RefType, "a") + "\x00"
	v := newView(t, []yjs.DeleteRange{{Client: 1, Clock: 0, End: 2}}, section(1, array, array,
		values(inType(yjs.RefAny, 1, 0), "x"), values(inType(yjs.RefAny, 1, 1), "y"),
		values(between(yjs.RefAny, yjs.ID{Client: 1, Clock: 2}, yjs.ID{Client: 1, Clock: 3}),
			"stray")))
	want := "\x01" + section(1, inRoot(yjs.RefDeleted, "a")+"\x01",
		inRoot(yjs.RefDeleted, "a")+"\x01", "\x00\x03") + "\x01\x01\x01\x00\x05"
	if got := string(v.AppendCompacted(nil)); got != want {
		t.Errorf("compacted to %q, want %q", got, want)
	}
}

// TestCompactionOfReversedItems shows that an item stays behind its origin when the origin is
// merged with the right origin.
func TestCompactionOfReversedItems(t *testing.T) {
	a := yjs.ID{Client: 1}
	v := newView(t, []yjs.DeleteRange{{Client: 1, Clock: 0, End: 3}},
		section(2, between(yjs.RefString, yjs.ID{Client: 1, Clock: 2},
			yjs.ID{Client: 1, Clock: 1})+str("so")),
		section(1, inRoot(yjs.RefString, "t")+str("a"), behind(yjs.RefEmbed, 1, 0)+str("1"),
			behind(yjs.RefEmbed, 1, 1)+str("2"),
			between(yjs.RefString, a, a)+str("b")),
	)
	want := "\x02" + section(2, behind(yjs.RefString, 1, 2)+str("so")) +
		section(1, inRoot(yjs.RefDeleted, "t")+"\x03",
			behind(yjs.RefString, 1, 0)+str("b")) + "\x01\x01\x01\x00\x03"
	if got := string(v.AppendCompacted(nil)); got != want {
		t.Errorf("compacted to %q, want %q", got, want)
	}
}
