package yjs

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
)

func appendAwareness(dst []byte, entries ...AwarenessEntry) []byte {
	dst = AppendAwarenessHeader(dst, len(entries))
	for _, e := range entries {
		dst = AppendAwarenessEntry(dst, e)
	}
	return dst
}

func TestAwarenessEntries(t *testing.T) {
	entries := []AwarenessEntry{
		{Client: 7, Clock: 1, State: []byte(`{"name":"Ä"}`)},
		{Client: lib0.MaxSafeInteger, Clock: lib0.MaxSafeInteger, State: []byte(`"x"`)},
		{Client: 7, Clock: 2},
	}
	b := appendAwareness(nil, entries...)
	a, err := CheckAwareness(b)
	if err != nil || a.Len() != len(entries) {
		t.Fatalf("%v, %d entries", err, a.Len())
	}
	got := slices.Collect(a.Entries())
	if !bytes.Equal(appendAwareness(nil, got...), b) {
		t.Errorf("got %v", got)
	}
	if got[0].Removed() || got[1].Removed() || !got[2].Removed() {
		t.Error("only the last is removed")
	}
	for n := range b {
		if _, err := CheckAwareness(b[:n]); !errors.Is(err, lib0.ErrTruncated) &&
			!errors.Is(err, lib0.ErrCount) {
			t.Errorf("%d bytes of it: %v", n, err)
		}
	}
}

func TestCheckAwarenessErrors(t *testing.T) {
	state := func(s string) []byte {
		return appendAwareness(nil, AwarenessEntry{Client: 1, Clock: 1, State: []byte(s)})
	}
	tests := []struct {
		name   string
		b      []byte
		err    error
		offset int
	}{
		{"empty", nil, lib0.ErrTruncated, 0},
		{"2^40 entries", lib0.AppendUvarint(nil, 1<<40), lib0.ErrCount, 0},
		{"client above 2^53", append([]byte{1}, bytes.Repeat([]byte{0x90}, 9)...), lib0.ErrOverflow,
			1},
		{"no JSON", state(`{"a":}`), jsontext.ErrSyntax, 9},
		{"no state", state(``), jsontext.ErrSyntax, 4},
		{"two states", state(`{}{}`), jsontext.ErrSyntax, 6},
		{"state not UTF-8", state("\"\xc3\""), lib0.ErrUTF8, 5},
		{"prototype", state(`{"__proto__":{}}`), lib0.ErrPrototype, 5},
		{"tail", append(state(`{}`), 0), lib0.ErrTrailing, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := CheckAwareness(tt.b)
			var at *lib0.SyntaxError
			if !errors.As(err, &at) || !errors.Is(err, tt.err) || at.Offset != tt.offset {
				t.Errorf("got %v, want offset %d: %v", err, tt.offset, tt.err)
			}
		})
	}
}

func TestCheckAwarenessAllocs(t *testing.T) {
	b := appendAwareness(nil, AwarenessEntry{1, 2, []byte(`{"user":{"name":"Ä"}}`)},
		AwarenessEntry{Client: 3})
	buf := make([]byte, 0, 64)
	n := testing.AllocsPerRun(100, func() {
		a, err := CheckAwareness(b)
		if err != nil {
			t.Fatal(err)
		}
		buf = AppendAwarenessHeader(buf[:0], a.Len())
		for e := range a.Entries() {
			buf = AppendAwarenessEntry(buf, e)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzCheckAwareness checks that the entries of an accepted update are the same after they are
// written and read.
func FuzzCheckAwareness(f *testing.F) {
	f.Add(appendAwareness(nil))
	f.Add(appendAwareness(nil, AwarenessEntry{1, 2, []byte(`{"a":[1,"ü",null]}`)},
		AwarenessEntry{Client: 3}))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := CheckAwareness(b)
		if err != nil {
			return
		}
		entries := slices.Collect(a.Entries())
		again, err := CheckAwareness(appendAwareness(nil, entries...))
		if err != nil || len(entries) != a.Len() {
			t.Fatalf("%v, %d entries of %d", err, len(entries), a.Len())
		}
		i := 0
		for e := range again.Entries() {
			if e.Client != entries[i].Client || e.Clock != entries[i].Clock ||
				!bytes.Equal(e.State, entries[i].State) {
				t.Fatalf("%v became %v", entries[i], e)
			}
			i++
		}
	})
}
