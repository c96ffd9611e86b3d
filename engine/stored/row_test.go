package stored

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// empty is an update with nothing in it, typed one that inserts text.
var (
	empty = []byte{0, 0}
	typed = []byte("\x01\x01\x01\x00\x04\x01\x04text\x03abc\x00")
)

// bareHeader is the header of a row without fields.
func bareHeader(version uint64) []byte { return AppendRowHeader(nil, version, snapshot.Fields{}) }

// noteHeader is the header of a row with a note.
func noteHeader(version uint64, note []byte) []byte {
	return AppendRowHeader(nil, version, snapshot.Fields{Note: note})
}

// oldNoteHeader is the header of a row of format 2.
func oldNoteHeader(version uint64, note []byte) []byte {
	return lib0.AppendBytes(binary.AppendUvarint([]byte{formatNote}, version), note)
}

// TestRows shows how rows of all formats are read, and which others are refused.
func TestRows(t *testing.T) {
	note := []byte("a note of some length")
	with := append(noteHeader(7, note), typed...)
	alone := append(noteHeader(7, note), empty...)
	old := append(oldNoteHeader(7, note), typed...)
	oldAlone := append(oldNoteHeader(7, note), empty...)
	all := snapshot.Fields{Note: note, Incarnation: 5, Authors: []byte("ann")}
	first := snapshot.Fields{Incarnation: 1 << 60}
	claimed := snapshot.Fields{Authors: []byte("ann"), Claims: []byte("a text")}
	tests := []struct {
		name   string
		row    []byte
		err    error
		fields snapshot.Fields
	}{
		{"an update", append(bareHeader(7), typed...), nil, snapshot.Fields{}},
		{"an update and a base", with, nil, snapshot.Fields{Note: note}},
		{"a base", alone, nil, snapshot.Fields{Note: note}},
		{"all fields", append(AppendRowHeader(nil, 7, all), typed...), nil, all},
		{"an incarnation", append(AppendRowHeader(nil, 7, first), typed...), nil, first},
		{"a field that may be skipped", append([]byte{3, 7, 4, 10, 2, 'h', 'i'}, empty...), nil, snapshot.Fields{}},
		{"claims", append(AppendRowHeader(nil, 7, claimed), typed...), nil, claimed},
		{"format 2, an update and a base", old, nil, snapshot.Fields{Note: note}},
		{"format 2, a base", oldAlone, nil, snapshot.Fields{Note: note}},
		{"a base without an update", alone[:len(alone)-2], lib0.ErrTruncated, snapshot.Fields{Note: note}},
		{"nothing", nil, ErrRow, snapshot.Fields{}},
		{"a later format", []byte{4, 7, 0, 0}, ErrRow, snapshot.Fields{}},
		{"a field that may not be skipped", append([]byte{3, 7, 4, 7, 2, 'h', 'i'}, empty...), ErrRow, snapshot.Fields{}},
		{"fields cut short", with[:10], ErrRow, snapshot.Fields{}},
		{"a note of no length", []byte{3, 7, 2, 1, 0, 0, 0}, ErrRow, snapshot.Fields{}},
		{"format 2, a note cut short", old[:10], ErrRow, snapshot.Fields{}},
		{"format 2, a note of no length", []byte{2, 7, 0, 0, 0}, ErrRow, snapshot.Fields{}},
		{"format 2, a note of endless length", []byte{2, 7, 0xff}, ErrRow, snapshot.Fields{}},
		{"format 2, a note longer than the row", []byte{2, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0}, ErrRow, snapshot.Fields{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			version, _, err := ParseRow(tt.row)
			if !errors.Is(err, tt.err) || err == nil && version != 7 {
				t.Errorf("version %d, %v", version, err)
			}
			_, f, _, err := SplitRow(tt.row)
			if err == nil && (!bytes.Equal(f.Note, tt.fields.Note) || f.Incarnation != tt.fields.Incarnation || !bytes.Equal(f.Authors, tt.fields.Authors) || !bytes.Equal(f.Claims, tt.fields.Claims)) {
				t.Errorf("fields %+v, want %+v", f, tt.fields)
			}
		})
	}
}

// TestRowLayout checks the bytes of headers: rows that are stored today must be readable for good.
func TestRowLayout(t *testing.T) {
	for want, f := range map[string]snapshot.Fields{
		"\x01\xac\x02": {},
		"\x03\xac\x02\x0a\x02\x08\x00\x00\x00\x00\x00\x00\x00\x05":                      {Incarnation: 5},
		"\x03\xac\x02\x13\x01\x02hi\x02\x08\x00\x00\x00\x00\x00\x00\x00\x05\x06\x03ann": {Note: []byte("hi"), Incarnation: 5, Authors: []byte("ann")},
		"\x03\xac\x02\x05\x08\x03two":                                                   {Claims: []byte("two")},
	} {
		if got := AppendRowHeader(nil, 300, f); string(got) != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// FuzzRow checks that a row that can be read, written again, reads the same.
func FuzzRow(f *testing.F) {
	f.Add(append(bareHeader(7), empty...))
	f.Add(append(oldNoteHeader(7, []byte("note")), empty...))
	f.Add(append(AppendRowHeader(nil, 7, snapshot.Fields{Note: []byte("n"), Incarnation: 9, Authors: []byte("a")}), empty...))
	f.Add([]byte{3, 7, 4, 8, 2, 'h', 'i', 0, 0})
	f.Add([]byte{3, 7, 4, 10, 2, 'h', 'i', 0, 0})
	f.Fuzz(func(t *testing.T, row []byte) {
		version, fields, update, err := SplitRow(row)
		if err != nil {
			return
		}
		v, again, u, err := SplitRow(append(AppendRowHeader(nil, version, fields), update...))
		if err != nil || v != version || !bytes.Equal(u, update) || !bytes.Equal(again.Note, fields.Note) ||
			again.Incarnation != fields.Incarnation || !bytes.Equal(again.Authors, fields.Authors) ||
			!bytes.Equal(again.Claims, fields.Claims) {
			t.Fatalf("%+v came back as %+v, %v", fields, again, err)
		}
	})
}
