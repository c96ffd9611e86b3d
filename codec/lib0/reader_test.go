package lib0_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/lib0/lib0test"
)

func TestUvarint(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 16383, 16384, 1 << 31, 1<<32 + 1, lib0.MaxSafeInteger} {
		b := lib0.AppendUvarint(nil, v)
		if len(b) != lib0.UvarintLen(v) {
			t.Errorf("UvarintLen(%d) = %d, wrote %d", v, lib0.UvarintLen(v), len(b))
		}
		r := lib0.NewReader(b)
		if got := r.Uvarint(); got != v || r.Err() != nil || r.Len() != 0 {
			t.Errorf("read %d, %v with %d bytes left, want %d", got, r.Err(), r.Len(), v)
		}
	}
}

func TestReaderErrors(t *testing.T) {
	cases := map[string]struct {
		in   string
		read func(*lib0.Reader)
		want error
		at   int
	}{
		"empty":             {"", func(r *lib0.Reader) { r.Uvarint() }, lib0.ErrTruncated, 0},
		"cut varint":        {"\x01\x80\x80", func(r *lib0.Reader) { r.Uvarint(); r.Uvarint() }, lib0.ErrTruncated, 1},
		"2^53":              {"\x80\x80\x80\x80\x80\x80\x80\x10", func(r *lib0.Reader) { r.Uvarint() }, lib0.ErrOverflow, 0},
		"endless varint":    {strings.Repeat("\x80", 20), func(r *lib0.Reader) { r.Uvarint() }, lib0.ErrOverflow, 0},
		"endless varInt":    {strings.Repeat("\x80", 20), func(r *lib0.Reader) { r.Varint() }, lib0.ErrOverflow, 0},
		"cut varInt":        {"\x80", func(r *lib0.Reader) { r.Varint() }, lib0.ErrTruncated, 1},
		"string too long":   {"\x05abc", func(r *lib0.Reader) { r.String() }, lib0.ErrTruncated, 1},
		"invalid UTF-8":     {"\x04ab\xff!", func(r *lib0.Reader) { r.String() }, lib0.ErrUTF8, 3},
		"overlong":          {"\x02\xc0\x80", func(r *lib0.Reader) { r.String() }, lib0.ErrUTF8, 1},
		"encoded surrogate": {"\x03\xed\xa0\x80", func(r *lib0.Reader) { r.String() }, lib0.ErrUTF8, 1},
		"trailing":          {"\x01\x02", func(r *lib0.Reader) { r.Byte(); r.End() }, lib0.ErrTrailing, 1},
		"first error stays": {"\x04ab\xff!\x80", func(r *lib0.Reader) {
			r.String()
			r.Uvarint()
			r.End()
		}, lib0.ErrUTF8, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := lib0.NewReader([]byte(c.in))
			c.read(&r)
			lib0test.WantError(t, r.Err(), c.want, c.at)
		})
	}
}

func TestBytesBorrowsInput(t *testing.T) {
	in := lib0.AppendBytes(nil, []byte("abc"))
	r := lib0.NewReader(in)
	got := r.Bytes()
	in[1] = 'x'
	if string(got) != "xbc" || cap(got) != 3 {
		t.Fatalf("got %q with capacity %d, want a slice of the input and no more", got, cap(got))
	}
}

func TestUTF16Len(t *testing.T) {
	for _, s := range []string{
		"", "a", "abcdefgh", "abcdefghi", "é", "äöüäöüäöü", "€uro", "😀", "a😀b",
		strings.Repeat("😀é€x", 33),
		"\ufeffbom", "aaaaaaa😀", "aaaaaa€€",
	} {
		if got, want := lib0.UTF16Len([]byte(s)), uint64(len(utf16.Encode([]rune(s)))); got != want {
			t.Errorf("UTF16Len(%q) = %d, want %d", s, got, want)
		}
	}
}

func FuzzUTF16Len(f *testing.F) {
	f.Add("a😀b€")
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		if got, want := lib0.UTF16Len([]byte(s)), uint64(len(utf16.Encode([]rune(s)))); got != want {
			t.Errorf("UTF16Len(%q) = %d, want %d", s, got, want)
		}
	})
}
