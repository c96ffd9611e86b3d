package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

const limit = 16 << 20

// prose returns n bytes that compress about as well as natural text.
func prose(n int) []byte {
	words := strings.Fields("the council of this town hereby resolves that every record is open to read and to amend by its people")
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 0, n+16)
	for len(b) < n {
		b = append(append(b, words[random.IntN(len(words))]...), ' ')
	}
	return b[:n]
}

// noise returns n bytes that do not compress.
func noise(n int) []byte {
	random := rand.NewChaCha8([32]byte{7})
	b := make([]byte, n)
	_, _ = random.Read(b)
	return b
}

func mustAppend(t testing.TB, s Snapshot, a Algorithm) []byte {
	t.Helper()
	b, err := Append(nil, s, a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	states := map[string][]byte{
		"empty": {}, "one byte": {0}, "short": []byte("hi"), "prose 1 KiB": prose(1 << 10),
		"prose 128 KiB + 1": prose(128<<10 + 1), "prose 8 MiB": prose(8 << 20),
		"zeros 1 MiB": make([]byte, 1<<20), "noise 1 MiB": noise(1 << 20),
	}
	for name, state := range states {
		for a := range algorithms {
			for _, version := range []uint64{0, 300, math.MaxUint64} {
				t.Run(fmt.Sprintf("%s/%v/%d", name, a, version), func(t *testing.T) {
					b := mustAppend(t, Snapshot{Version: version, State: state}, a)
					if most := len(state) + MaxOverhead - slack; len(b) > most {
						t.Errorf("%d bytes stored for %d, more than %d", len(b), len(state), most)
					}
					got, err := Decode(b, len(state))
					if err != nil {
						t.Fatal(err)
					}
					if got.Version != version || !bytes.Equal(got.State, state) {
						t.Errorf("version %d and %d bytes came back", got.Version, len(got.State))
					}
				})
			}
		}
	}
}

func TestAppendKeepsDst(t *testing.T) {
	for a := range algorithms {
		b, err := Append([]byte("before"), Snapshot{Version: 1, State: prose(5000)}, a)
		if err != nil || !bytes.HasPrefix(b, []byte("before"+magic)) {
			t.Fatalf("%v: %v, starts with %q", a, err, b[:10])
		}
		if _, err := Decode(b[len("before"):], limit); err != nil {
			t.Errorf("%v: %v", a, err)
		}
	}
}

func TestStoredAlgorithm(t *testing.T) {
	tests := []struct {
		name  string
		state []byte
		a     Algorithm
		code  byte
	}{
		{"zero value is zstd", prose(4096), 0, 1},
		{"gzip", prose(4096), Gzip, 2},
		{"raw", prose(4096), Raw, 0},
		{"noise is not worth zstd", noise(4096), Zstd, 0},
		{"noise is not worth gzip", noise(4096), Gzip, 0},
		{"nothing to compress", nil, Zstd, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if b := mustAppend(t, Snapshot{Version: 1, State: tt.state}, tt.a); b[algorithmAt] != tt.code {
				t.Errorf("stored with algorithm %d, want %d", b[algorithmAt], tt.code)
			}
		})
	}
	if b, err := Append([]byte("x"), Snapshot{}, algorithms); !errors.Is(err, ErrAlgorithm) ||
		string(b) != "x" {
		t.Errorf("an unknown algorithm gave %q, %v", b, err)
	}
}

// TestLayout pins the bytes: stored snapshots must stay readable.
func TestLayout(t *testing.T) {
	got := mustAppend(t, Snapshot{Version: 300, State: []byte("abc")}, Raw)
	want := []byte("CvRt\x01\x00\xac\x02\x03\x00\x00\x00\x00abc")
	binary.LittleEndian.PutUint32(want[9:], checksum(want[:9], []byte("abc")))
	if !bytes.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if sum := binary.LittleEndian.Uint32(got[9:]); sum != 0x01add268 {
		t.Errorf("checksum %#08x", sum)
	}
}

// TestFieldsLayout pins the bytes of snapshots with fields.
func TestFieldsLayout(t *testing.T) {
	for fields, f := range map[string]Fields{
		"\x0d\x05\x0b\x00\x00\x00\x00\x00\x00\x01\x02bob":                   {Deleted: Deletion{At: 258, By: "bob"}},
		"\x07\x06\x01a\x0a\x02\x05\x07":                                     {Authors: []byte("a"), Former: []byte{5, 7}},
		"\x04\x01\x02hi":                                                    {Note: []byte("hi")},
		"\x13\x01\x02hi\x02\x08\x00\x00\x00\x00\x00\x00\x00\x05\x06\x03ann": {Note: []byte("hi"), Incarnation: 5, Authors: []byte("ann")},
		"\x0a\x02\x08\xff\x00\x00\x00\x00\x00\x00\x05":                      {Incarnation: 0xff<<56 | 5},
		"\x0a\x06\x03ann\x08\x03two":                                        {Authors: []byte("ann"), Claims: []byte("two")},
	} {
		in := Snapshot{300, []byte("abc"), f.Note, f.Incarnation, f.Authors, f.Claims, f.Deleted, f.Former}
		got := mustAppend(t, in, Raw)
		head := []byte("CvRt\x05\x00\xac\x02\x03" + fields)
		want := append(binary.LittleEndian.AppendUint32(head, checksum(head, []byte("abc"))),
			"abc"...)
		if !bytes.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if back, err := Decode(want, limit); err != nil || !same(back, in) {
			t.Errorf("%+v, %v", back, err)
		}
	}
}

// TestOldNoteLayout shows that formats 2 and 4, of releases without fields, are read.
func TestOldNoteLayout(t *testing.T) {
	old := []byte("CvRt\x02\x00\xac\x02\x03\x02hi\xf9\x02X\xd6abc")
	want := Snapshot{Version: 300, State: []byte("abc"), Note: []byte("hi")}
	if got, err := Decode(old, limit); err != nil || !same(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	state := prose(2000)
	e := zstdEncoders.New().(*zstd.Encoder)
	head := append([]byte("CvRt\x04\x01\x07"), "\xd0\x0f\x02hi"...)
	framed := binary.LittleEndian.AppendUint32(head, checksum(head, state))
	framed = e.EncodeAll(state[1000:], e.EncodeAll(state[:1000], framed))
	if got, err := Decode(framed, limit); err != nil ||
		!same(got, Snapshot{Version: 7, State: state, Note: []byte("hi")}) {
		t.Errorf("in frames: version %d, note %q, %v", got.Version, got.Note, err)
	}
}

func same(a, b Snapshot) bool {
	return a.Version == b.Version && bytes.Equal(a.State, b.State) && bytes.Equal(a.Note, b.Note) &&
		a.Incarnation == b.Incarnation && bytes.Equal(a.Authors, b.Authors) &&
		bytes.Equal(a.Claims, b.Claims) && a.Deleted == b.Deleted &&
		bytes.Equal(a.Former, b.Former)
}

// TestUnknownFields shows that fields of a later version are skipped if their tags are even, and
// are an error if they are odd.
func TestUnknownFields(t *testing.T) {
	const known = "\x01\x02hi"
	tests := []struct {
		name, fields string
		want         error
	}{
		{"none", "", nil},
		{"a note", known, nil},
		{"one that may be skipped", known + "\x0c\x03abc", nil},
		{"several, and a long tag", known + "\x04\x03abc\x0c\x00\xac\x02\x03abc", nil},
		{"claims of any length", known + "\x08\x81\x10" + strings.Repeat("a", 2*MaxClaims+1), nil},
		{"claims of no length", known + "\x08\x00", nil},
		{"one that may not", known + "\x07\x03abc", ErrField},
		{"a deletion", known + "\x05\x0b\x00\x00\x00\x00\x00\x00\x00\x01abc", nil},
		{"a deletion of no time", known + "\x05\x08\x00\x00\x00\x00\x00\x00\x00\x00", ErrField},
		{"a deletion that is cut", known + "\x05\x07\x00\x00\x00\x00\x00\x00\x01", ErrField},
		{"nor with a long tag", known + "\xad\x02\x03abc", ErrField},
		{"one twice", known + known, ErrField},
		{"in another order", "\x04\x01a" + known, ErrField},
		{"a tag of 0", "\x00\x01a", ErrField},
		{"an incarnation of 4 bytes", "\x02\x04abcd", ErrField},
		{"an incarnation of 0", "\x02\x08\x00\x00\x00\x00\x00\x00\x00\x00", ErrField},
		{"authors of no length", "\x06\x00", ErrField},
		{"authors that are too long", "\x06\x81\x80\x40" + strings.Repeat("a", MaxAuthors+1), ErrField},
		{"former clients of no length", "\x0a\x00", ErrField},
		{"former clients that are too long", "\x0a\x81\x80\x01" + strings.Repeat("a", MaxFormer+1), ErrField},
		{"a note of no length", "\x01\x00", ErrNote},
		{"a value cut short", "\x01\x03hi", ErrTruncated},
		{"a length cut short", "\x01\xff", ErrTruncated},
		{"a tag cut short", "\xff", ErrTruncated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			head := append(binary.AppendUvarint([]byte("CvRt\x05\x00\x01\x03"),
				uint64(len(tt.fields))), tt.fields...)
			b := append(binary.LittleEndian.AppendUint32(head, checksum(head, []byte("abc"))),
				"abc"...)
			s, err := Decode(b, limit)
			if !errors.Is(err, tt.want) || err == nil && string(s.Note) != strings.TrimPrefix(tt.fields[:min(4, len(tt.fields))], "\x01\x02") {
				t.Errorf("note %q, %v", s.Note, err)
			}
		})
	}
	for _, long := range []Snapshot{
		{Authors: make([]byte, MaxAuthors+1)},
		{Claims: make([]byte, MaxClaims+1)},
		{Former: make([]byte, MaxFormer+1)},
		{Deleted: Deletion{1, strings.Repeat("a", MaxDeletedBy+1)}},
		{Note: make([]byte, MaxNote), Authors: make([]byte, MaxAuthors)},
	} {
		if b, err := Append([]byte("x"), long, Raw); !errors.Is(err, ErrField) || string(b) != "x" {
			t.Errorf("something that is too long gave %q, %v", b, err)
		}
	}
}

func FuzzParseFields(f *testing.F) {
	for _, fields := range []Fields{{}, {Note: []byte("hi")}, {Incarnation: 1}, {Note: []byte("n"), Incarnation: 1 << 63, Authors: []byte("a"), Claims: []byte("c")}} {
		f.Add(fields.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, n, err := ParseFields(b)
		if err != nil {
			return
		}
		again, m, err := ParseFields(fields.Append(nil))
		if err != nil || m > n || !bytes.Equal(again.Note, fields.Note) ||
			again.Incarnation != fields.Incarnation || !bytes.Equal(again.Authors, fields.Authors) ||
			!bytes.Equal(again.Claims, fields.Claims) ||
			!bytes.Equal(again.Former, fields.Former) {
			t.Fatalf("%+v of %d bytes came back as %+v of %d, %v", fields, n, again, m, err)
		}
	})
}

func TestNoteLimits(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, MaxNote} {
		for a := range algorithms {
			in := Snapshot{Version: 7, State: prose(5000), Note: noise(n)}
			b := mustAppend(t, in, a)
			if most := len(in.State) + n + MaxOverhead - slack; len(b) > most {
				t.Errorf("%d bytes stored, more than %d", len(b), most)
			}
			got, err := Decode(b, limit)
			if err != nil || got.Version != 7 || !bytes.Equal(got.State, in.State) ||
				!bytes.Equal(got.Note, in.Note) {
				t.Errorf("%v with a note of %d bytes: %d and %d bytes came back, %v", a, n,
					len(got.State), len(got.Note), err)
			}
		}
	}
	if b, err := Append([]byte("x"), Snapshot{Note: noise(MaxNote + 1)}, Raw); !errors.Is(err, ErrNote) || string(b) != "x" {
		t.Errorf("a note that is too long gave %q, %v", b, err)
	}
}

func TestAlgorithmText(t *testing.T) {
	for a := range algorithms {
		var back Algorithm
		if err := back.UnmarshalText([]byte(a.String())); err != nil || back != a {
			t.Errorf("%v came back as %v, %v", a, back, err)
		}
	}
	var a Algorithm
	if err := a.UnmarshalText([]byte("lzma")); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("lzma: %v", err)
	}
}
