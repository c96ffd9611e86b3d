package codec

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
)

// wantErr checks that err is a *SyntaxError around want at the given offset.
func wantErr(t *testing.T, err, want error, offset int) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.Is(err, want) || !errors.As(err, &syntax) {
		t.Fatalf("error %v, want %v", err, want)
	}
	if syntax.Offset != offset {
		t.Fatalf("error at offset %d, want %d", syntax.Offset, offset)
	}
}

func TestUvarint(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 16383, 16384, 1 << 31, 1<<32 + 1, MaxSafeInteger} {
		b := AppendUvarint(nil, v)
		if len(b) != UvarintLen(v) {
			t.Errorf("UvarintLen(%d) = %d, wrote %d", v, UvarintLen(v), len(b))
		}
		r := NewReader(b)
		if got := r.Uvarint(); got != v || r.Err() != nil || r.Len() != 0 {
			t.Errorf("read %d, %v with %d bytes left, want %d", got, r.Err(), r.Len(), v)
		}
	}
}

// TestIDs: ids name the same client, or one whose bytes begin like those of the
// last, and are read the same wherever the input ends.
func TestIDs(t *testing.T) {
	padded := "\x85\x80\x00" // 5, as no encoder writes it
	for name, c := range map[string]struct {
		in   string
		want []uint64 // clients; clocks are 7
	}{
		"one client":       {"\x85\x01\x07\x85\x01\x07\x85\x01\x07", []uint64{133, 133, 133}},
		"begins the last":  {"\x85\x81\x01\x07\x05\x07\x85\x01\x07", []uint64{16517, 5, 133}},
		"begins with last": {"\x05\x07\x85\x01\x07\x85\x81\x01\x07", []uint64{5, 133, 16517}},
		"padded":           {padded + "\x07" + padded + "\x07\x05\x07", []uint64{5, 5, 5}},
		"back and forth":   {"\x85\x01\x07\x05\x07\x85\x01\x07\x05\x07", []uint64{133, 5, 133, 5}},
		"zero":             {"\x00\x07\x00\x07", []uint64{0, 0}},
		"eight bytes": {strings.Repeat("\xff\xff\xff\xff\xff\xff\xff\x0f\x07", 2),
			[]uint64{MaxSafeInteger, MaxSafeInteger}},
	} {
		for _, rest := range []string{"", "\x07", "\x07\x07\x07\x07\x07\x07\x07\x07"} {
			r := NewReader([]byte(c.in + rest))
			for i, client := range c.want {
				if got := r.ID(); got != (ID{client, 7}) || r.Err() != nil {
					t.Errorf("%s before %d bytes: id %d is %v, %v, want client %d", name, len(rest), i, got, r.Err(), client)
				}
			}
			if r.Len() != len(rest) {
				t.Errorf("%s: %d bytes left of %d", name, r.Len(), len(rest))
			}
		}
	}
}

func TestReaderErrors(t *testing.T) {
	cases := map[string]struct {
		in   string
		read func(*Reader)
		want error
		at   int
	}{
		"empty":             {"", func(r *Reader) { r.Uvarint() }, ErrTruncated, 0},
		"cut varint":        {"\x01\x80\x80", func(r *Reader) { r.ID() }, ErrTruncated, 1},
		"2^53":              {"\x80\x80\x80\x80\x80\x80\x80\x10", func(r *Reader) { r.Uvarint() }, ErrOverflow, 0},
		"endless varint":    {strings.Repeat("\x80", 20), func(r *Reader) { r.Uvarint() }, ErrOverflow, 0},
		"endless varInt":    {strings.Repeat("\x80", 20), func(r *Reader) { r.Varint() }, ErrOverflow, 0},
		"cut varInt":        {"\x80", func(r *Reader) { r.Varint() }, ErrTruncated, 1},
		"string too long":   {"\x05abc", func(r *Reader) { r.String() }, ErrTruncated, 1},
		"invalid UTF-8":     {"\x04ab\xff!", func(r *Reader) { r.String() }, ErrUTF8, 3},
		"overlong":          {"\x02\xc0\x80", func(r *Reader) { r.String() }, ErrUTF8, 1},
		"encoded surrogate": {"\x03\xed\xa0\x80", func(r *Reader) { r.String() }, ErrUTF8, 1},
		"trailing":          {"\x01\x02", func(r *Reader) { r.Byte(); r.End() }, ErrTrailing, 1},
		"first error sticks": {"\x04ab\xff!\x80", func(r *Reader) {
			r.String()
			r.Uvarint()
			r.End()
		}, ErrUTF8, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := NewReader([]byte(c.in))
			c.read(&r)
			wantErr(t, r.Err(), c.want, c.at)
		})
	}
}

func TestBytesBorrow(t *testing.T) {
	in := AppendBytes(nil, []byte("abc"))
	r := NewReader(in)
	got := r.Bytes()
	in[1] = 'x'
	if string(got) != "xbc" || cap(got) != 3 {
		t.Fatalf("got %q with capacity %d, want a slice of the input and no more", got, cap(got))
	}
}

func TestUTF16Len(t *testing.T) {
	for _, s := range []string{
		"", "a", "abcdefgh", "abcdefghi", "é", "äöüäöüäöü", "€uro", "😀", "a😀b", strings.Repeat("😀é€x", 33),
		"\ufeffbom", "aaaaaaa😀", "aaaaaa€€",
	} {
		if got, want := UTF16Len([]byte(s)), uint64(len(utf16.Encode([]rune(s)))); got != want {
			t.Errorf("UTF16Len(%q) = %d, want %d", s, got, want)
		}
	}
}

func FuzzUTF16Len(f *testing.F) {
	f.Add("a😀b€")
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		if got, want := UTF16Len([]byte(s)), uint64(len(utf16.Encode([]rune(s)))); got != want {
			t.Errorf("UTF16Len(%q) = %d, want %d", s, got, want)
		}
	})
}

func TestStateVector(t *testing.T) {
	in := []byte{3, 5, 1, 200, 1, 2, 7, 3}
	v, err := ParseStateVector(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	if clock, ok := v.Clock(200); !ok || clock != 2 {
		t.Errorf("Clock(200) = %d, %v", clock, ok)
	}
	if _, ok := v.Clock(6); ok {
		t.Error("Clock(6) is there")
	}
	if got, want := v.Append(nil), []byte{3, 200, 1, 2, 7, 3, 5, 1}; !bytes.Equal(got, want) {
		t.Errorf("Append = %v, want %v", got, want)
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
		at   int
	}{
		"empty":         {nil, ErrTruncated, 0},
		"count":         {[]byte{9, 1, 1}, ErrCount, 0},
		"cut":           {[]byte{1, 0x81, 0x80}, ErrTruncated, 1},
		"trailing":      {[]byte{0, 0}, ErrTrailing, 1},
		"client twice":  {[]byte{2, 5, 1, 5, 2}, ErrClient, 0},
		"absurd claims": {AppendUvarint(nil, 1<<40), ErrCount, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := ParseStateVector(v, c.in)
			wantErr(t, err, c.want, c.at)
			if len(v) != 0 {
				t.Errorf("%d entries beside the error", len(v))
			}
		})
	}
}
