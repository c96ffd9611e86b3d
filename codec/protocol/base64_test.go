package protocol

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

func TestDecodeBase64(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		bad      int
	}{
		{"", "", -1}, {"QQ==", "A", -1}, {"QUI=", "AB", -1}, {"QUJD", "ABC", -1},
		{"QUJDRA==", "ABCD", -1},
		{"QQ", "A", -1}, {"QUI", "AB", -1}, {"QUJDRA", "ABCD", -1}, {"+/+/", "\xfb\xff\xbf", -1},
		{"QR==", "A", -1},
		{"Q", "", 0}, {"QUJDR", "", 4}, {"QQ=", "", 2}, {"QUI==", "", 3}, {"Q===", "", 1},
		{"====", "", 0}, {"=", "", 0},
		{"QUJD=", "", 4}, {"QQ==QUJD", "", 2}, {"-_-_", "", 0}, {"QU D", "", 2},
		{"QUJD\nQUJD", "", 4}, {"QUJ\nDQUJ", "", 3}, {"QUé=", "", 2},
	} {
		b := []byte(tt.in)
		if n, bad := decodeBase64(b); string(b[:n]) != tt.want || bad != tt.bad {
			t.Errorf("%q is %q, bad at %d", tt.in, b[:n], bad)
		}
	}
}

// FuzzDecodeBase64 compares decodeBase64 with encoding/base64.
func FuzzDecodeBase64(f *testing.F) {
	for _, s := range []string{"", "QQ", "QQ==", "QUI=", "QUJD", "QUJDRA==", "Q===", "QUJD\n", "+/-_"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			want, err = base64.RawStdEncoding.DecodeString(s)
		}
		accepted := err == nil && !strings.ContainsAny(s, "\r\n") // which encoding/base64 ignores
		b := []byte(s)
		n, bad := decodeBase64(b)
		if (bad < 0) != accepted || accepted && !bytes.Equal(b[:n], want) || bad >= len(s) {
			t.Errorf("%q is %q, bad at %d, want %q", s, b[:n], bad, want)
		}
	})
}
