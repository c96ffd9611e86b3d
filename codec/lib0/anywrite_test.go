package lib0

import "testing"

// TestAppendAny compares AppendAny with lib0's writeAny, and shows that SkipAny reads past the
// result.
func TestAppendAny(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, "\x7e"},
		{true, "\x78"},
		{false, "\x79"},
		{0.0, "\x7d\x00"},
		{1.0, "\x7d\x01"},
		{-1.0, "\x7d\x41"},
		{64.0, "\x7d\x80\x01"},
		{-64.0, "\x7d\xc0\x01"},
		{2147483647.0, "\x7d\xbf\xff\xff\xff\x0f"},
		{2147483648.0, "\x7b\x41\xe0\x00\x00\x00\x00\x00\x00"},
		{0.5, "\x7b\x3f\xe0\x00\x00\x00\x00\x00\x00"},
		{"é", "\x77\x02é"},
		{[]any{1.0, nil}, "\x75\x02\x7d\x01\x7e"},
		{map[string]any{"b": true, "a": "x"}, "\x76\x02\x01a\x77\x01x\x01b\x78"},
		{1, "\x7f"},
	} {
		got := AppendAny(nil, test.value)
		if string(got) != test.want {
			t.Errorf("%v: %x, want %x", test.value, got, test.want)
		}
		r := TrustedReader(got)
		if r.SkipAny(0); r.Len() != 0 {
			t.Errorf("%v: %d bytes are left", test.value, r.Len())
		}
	}
}
