package roomkey

import (
	"strings"
	"testing"
)

// TestParse shows the kind and id of names, and that a key's name is the one that was parsed.
func TestParse(t *testing.T) {
	for _, test := range []struct {
		name string
		kind Kind
		id   string
	}{
		{"record:a", Record, "a"},
		{"record:a:b", Record, "a:b"},
		{"record:budget 2026", Record, "budget 2026"},
		{"record:" + strings.Repeat("a", MaxID), Record, strings.Repeat("a", MaxID)},
		{"device:a", Document, "device:a"},
		{"records", Document, "records"},
		{"a/b", Document, "a/b"},
	} {
		k, err := Parse(test.name)
		if err != nil || k.Kind() != test.kind || k.ID() != test.id || k.String() != test.name || k.Tenant() != "" {
			t.Errorf("%q: %+v, %v", test.name, k, err)
		}
		if len(test.name) > MaxName {
			t.Errorf("%q has %d bytes", test.name, len(test.name))
		}
		if made, err := New(test.kind, test.id); made != k || err != nil {
			t.Errorf("%q: New returned %+v, %v", test.name, made, err)
		}
		if id, ok := k.Record(); ok != (test.kind == Record) || ok && id != test.id {
			t.Errorf("%q: record %q, %v", test.name, id, ok)
		}
	}
}

// TestParseRefuses shows which names are no room's.
func TestParseRefuses(t *testing.T) {
	for _, name := range []string{
		"", "record:", "record:.", "record:..", "record:a/b", "record:a\x00", "record:\u0085", "record:\xff",
		"record:" + strings.Repeat("a", MaxID+1), strings.Repeat("a", MaxID+1), "a\n", "\xff",
	} {
		if k, err := Parse(name); err != ErrID || k != (Key{}) {
			t.Errorf("%q: %+v, %v", name, k, err)
		}
	}
}

// TestNewRefuses shows that a document cannot have a record's name.
func TestNewRefuses(t *testing.T) {
	if k, err := New(Document, "record:a"); err != ErrID {
		t.Errorf("%+v, %v", k, err)
	}
	if k, err := New(Record, "a/b"); err != ErrID {
		t.Errorf("%+v, %v", k, err)
	}
}

// TestMustParse shows that it panics for names that are not valid, and returns Parse's key for
// others.
func TestMustParse(t *testing.T) {
	if k := MustParse("record:a"); k.String() != "record:a" {
		t.Error(k)
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	MustParse("")
}

// TestOfSegment shows which segments of a path stand for which kind.
func TestOfSegment(t *testing.T) {
	for segment, want := range map[string]bool{"records": true, "record": true, "": false, "recordss": false, "document": false} {
		if kind, ok := OfSegment(segment); ok != want || ok && kind != Record {
			t.Errorf("%q: %v, %v", segment, kind, ok)
		}
	}
}

// TestZeroKey shows that the zero Key has no record and no name.
func TestZeroKey(t *testing.T) {
	var k Key
	if id, ok := k.Record(); ok || id != "" || k.String() != "" {
		t.Errorf("%q, %v", id, ok)
	}
}

// TestAllocs shows that parsing a name and the methods of its key allocate nothing.
func TestAllocs(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		k, _ := Parse("record:a")
		_, _ = k.Record()
		_ = k.String()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
