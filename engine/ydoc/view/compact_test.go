package view

import (
	"reflect"
	"testing"

	"github.com/civicpress/civic-realtime/codec"
)

func values(head, s string) string { return head + string([]byte{1, codec.AnyString}) + str(s) }

// TestStraysSurviveCompaction holds that what stands before an item of another, deleted type is still
// there after compaction, and that of the deleted only what it needs is.
func TestStraysSurviveCompaction(t *testing.T) {
	id := func(clock uint64) codec.ID { return codec.ID{Client: 1, Clock: clock} }
	first := values(inRoot(codec.RefAny, "a"), "first")
	array := behind(codec.RefType, 1, 0) + "\x00"
	inner := inType(codec.RefType, 1, 1) + "\x00"
	key := string([]byte{codec.RefAny | codec.InfoParentSub, 0, 1, 1}) + str("k") + string([]byte{1, codec.AnyTrue})
	for name, tt := range map[string]struct{ structs, compacted []string }{
		"right origin": {
			[]string{first, array, values(inType(codec.RefAny, 1, 1), "b"), values(between(codec.RefAny, id(0), id(2)), "stray")},
			[]string{first, array, inType(codec.RefDeleted, 1, 1) + "\x01", values(between(codec.RefAny, id(0), id(2)), "stray")},
		},
		"what it stands behind": {
			[]string{first, array, values(inType(codec.RefAny, 1, 1), "b"), inType(codec.RefBinary, 1, 1) + "\x00",
				values(behind(codec.RefAny, 1, 2), "c"), values(between(codec.RefAny, id(0), id(4)), "stray")},
			[]string{first, array, inType(codec.RefDeleted, 1, 1) + "\x01", "\x00\x01",
				behind(codec.RefDeleted, 1, 2) + "\x01", values(between(codec.RefAny, id(0), id(4)), "stray")},
		},
		"types around it": {
			[]string{first, array, inner, values(inType(codec.RefAny, 1, 2), "b"), values(between(codec.RefAny, id(0), id(3)), "stray")},
			[]string{first, array, inner, inType(codec.RefDeleted, 1, 2) + "\x01", values(between(codec.RefAny, id(0), id(3)), "stray")},
		},
		"value of a key": {
			[]string{first, array, key, values(between(codec.RefAny, id(0), id(2)), "stray")},
			[]string{first, array, string([]byte{codec.RefDeleted | codec.InfoParentSub, 0, 1, 1}) + str("k") + "\x01",
				values(between(codec.RefAny, id(0), id(2)), "stray")},
		},
		"deleted stray that another stands behind": {
			[]string{first, values(behind(codec.RefAny, 1, 0), "-"), array, values(inType(codec.RefAny, 1, 2), "b"),
				values(between(codec.RefAny, id(1), id(3)), "-"), values(behind(codec.RefAny, 1, 4), "stray")},
			[]string{first, behind(codec.RefDeleted, 1, 0) + "\x01", array, inType(codec.RefDeleted, 1, 2) + "\x01",
				between(codec.RefDeleted, id(1), id(3)) + "\x01", values(behind(codec.RefAny, 1, 4), "stray")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			deletes := []codec.DeleteRange{{Client: 1, Clock: 1, End: uint64(len(tt.structs) - 1)}}
			v := newView(t, deletes, section(1, tt.structs...))
			got := string(v.AppendCompacted(nil))
			if want := string(codec.AppendDeletes([]byte("\x01"+section(1, tt.compacted...)), deletes)); got != want {
				t.Errorf("compacted to %q, want %q", got, want)
			}
			after := newView(t, deletes, section(1, tt.compacted...))
			if got, want := after.Root("a").Values(), v.Root("a").Values(); !reflect.DeepEqual(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

// TestBuriedStraysKeepNothing: a stray whose own type is deleted becomes GC with all the rest.
func TestBuriedStraysKeepNothing(t *testing.T) {
	array := inRoot(codec.RefType, "a") + "\x00"
	v := newView(t, []codec.DeleteRange{{Client: 1, Clock: 0, End: 2}}, section(1, array, array,
		values(inType(codec.RefAny, 1, 0), "x"), values(inType(codec.RefAny, 1, 1), "y"),
		values(between(codec.RefAny, codec.ID{Client: 1, Clock: 2}, codec.ID{Client: 1, Clock: 3}), "stray")))
	want := "\x01" + section(1, inRoot(codec.RefDeleted, "a")+"\x01", inRoot(codec.RefDeleted, "a")+"\x01", "\x00\x03") + "\x01\x01\x01\x00\x05"
	if got := string(v.AppendCompacted(nil)); got != want {
		t.Errorf("compacted to %q, want %q", got, want)
	}
}

// TestCompactionJoinsNoReversed: what stands behind its origin stays there when that is joined with its right origin.
func TestCompactionJoinsNoReversed(t *testing.T) {
	a := codec.ID{Client: 1}
	v := newView(t, []codec.DeleteRange{{Client: 1, Clock: 0, End: 3}},
		section(2, between(codec.RefString, codec.ID{Client: 1, Clock: 2}, codec.ID{Client: 1, Clock: 1})+str("so")),
		section(1, inRoot(codec.RefString, "t")+str("a"), behind(codec.RefEmbed, 1, 0)+str("1"), behind(codec.RefEmbed, 1, 1)+str("2"),
			between(codec.RefString, a, a)+str("b")),
	)
	want := "\x02" + section(2, behind(codec.RefString, 1, 2)+str("so")) +
		section(1, inRoot(codec.RefDeleted, "t")+"\x03", behind(codec.RefString, 1, 0)+str("b")) + "\x01\x01\x01\x00\x03"
	if got := string(v.AppendCompacted(nil)); got != want {
		t.Errorf("compacted to %q, want %q", got, want)
	}
}
