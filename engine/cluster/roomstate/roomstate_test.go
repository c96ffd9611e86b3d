package roomstate

import (
	"bytes"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/stored"
)

const limit = 1 << 20

// insert is the update that inserts a letter at the end of what a client has written.
func insert(client, clock byte, letter byte) []byte {
	if clock == 0 {
		return []byte{1, 1, client, 0, 4, 1, 4, 't', 'e', 'x', 't', 1, letter, 0}
	}
	return []byte{1, 1, client, clock, 0x84, client, clock - 1, 1, letter, 0}
}

// remove is the update that deletes a letter.
func remove(client, clock byte) []byte { return []byte{0, 1, client, 1, clock, 1} }

func row(version uint64, update []byte) []byte {
	return stored.AppendRow(nil, version, yjs.Trust(update))
}

func read(t *testing.T, blob []byte, rows ...[]byte) *State {
	t.Helper()
	s, err := Read(blob, rows, limit)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func lacking(t *testing.T, s, other *State) []byte {
	t.Helper()
	row, err := s.Lacking(other)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// TestLacking shows that the row with what another state lacks makes both the same, also if that
// is a delete alone, and that there is none if nothing is lacking.
func TestLacking(t *testing.T) {
	a, b := row(1, insert(1, 0, 'a')), row(2, insert(2, 0, 'b'))
	for name, rows := range map[string][2][][]byte{
		"structs":     {{a, b}, {a}},
		"both ways":   {{a}, {b}},
		"all":         {{a, b}, nil},
		"one delete":  {{a, row(3, remove(1, 0))}, {a}},
		"out of turn": {{row(2, insert(1, 1, 'c')), a}, {a}},
	} {
		s, other := read(t, nil, rows[0]...), read(t, nil, rows[1]...)
		more := lacking(t, s, other)
		if more == nil {
			t.Errorf("%s: nothing is lacking", name)
			continue
		}
		if err := other.Add(more, limit); err != nil || other.Incomplete() {
			t.Errorf("%s: %v", name, err)
		}
		if got := lacking(t, s, other); got != nil || other.Version < s.Version {
			t.Errorf("%s: %x is lacking yet, version %d", name, got, other.Version)
		}
	}
}

// TestSnapshots shows that a snapshot is merged as rows are, has the incarnation and the version,
// and can be turned into a row.
func TestSnapshots(t *testing.T) {
	s := read(t, nil, row(7, insert(1, 0, 'a')))
	s.Incarnation = snapshot.NewIncarnation(5)
	blob, err := s.Snapshot(snapshot.Zstd)
	if err != nil {
		t.Fatal(err)
	}
	asRow, err := AsRow(blob, limit)
	if err != nil || IsSnapshot(asRow) || !IsSnapshot(blob) {
		t.Fatal(err)
	}
	for _, data := range [][]byte{blob, asRow} {
		if IncarnationOf(data) != s.Incarnation {
			t.Errorf("its incarnation is %d", IncarnationOf(data))
		}
		for _, before := range [][][]byte{nil, {row(9, insert(2, 0, 'b'))}} {
			got := read(t, nil, append(before, data)...)
			if lacking(t, s, got) != nil || got.Incarnation != s.Incarnation || got.Version < 7 {
				t.Errorf("after %d rows: %+v", len(before), got)
			}
		}
	}
	if same, err := AsRow(asRow, limit); err != nil || !bytes.Equal(same, asRow) {
		t.Error("a row is changed")
	}
}

// TestIncomplete shows that what refers to something that is not there is left out until that
// comes.
func TestIncomplete(t *testing.T) {
	first, second := row(1, insert(1, 0, 'a')), row(2, insert(1, 1, 'b'))
	s := read(t, nil, second)
	whole := read(t, nil, first, second)
	if !s.Incomplete() || lacking(t, s, new(State)) != nil {
		t.Error("a row is whole without the one before")
	}
	if err := s.Add(first, limit); err != nil || s.Incomplete() || lacking(t, whole, s) != nil {
		t.Error("it is incomplete with the one before", err)
	}
}

// TestUnreadable shows that what cannot be read is an error, and changes nothing.
func TestUnreadable(t *testing.T) {
	s := read(t, nil, row(1, insert(1, 0, 'a')))
	for _, data := range [][]byte{nil, {9}, []byte("CvRt"), row(1, []byte{1})} {
		if s.Add(data, limit) == nil {
			t.Errorf("%x is read", data)
		}
	}
	if lacking(t, s, read(t, nil, row(1, insert(1, 0, 'a')))) != nil {
		t.Error("the state is another")
	}
	if _, err := Read(nil, [][]byte{{9}}, limit); err == nil {
		t.Error("no error")
	}
}
