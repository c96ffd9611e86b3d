package app

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

// TestAnnouncedPlayground shows that people and programs are told where the playground is in
// development mode, and in no other.
func TestAnnouncedPlayground(t *testing.T) {
	const url = "http://127.0.0.1:3001/"
	for _, test := range []struct {
		keys string
		dev  bool
		cert string
		want string // of the announcement; empty: it has no playground
	}{
		{"log: {format: text}", true, "", "  try it at    " + url + "\n"},
		{"log: {format: json}", true, "", `"playground":"` + url + `"`},
		{"log: {format: text}", true, "cert.pem", "  try it at    https://127.0.0.1:3001/\n"},
		{"log: {format: text}\n  auth: {jwt: {secret: " + strings.Repeat("s", 40) + "}}", false, "", ""},
		{"log: {format: json}\n  auth: {jwt: {secret: " + strings.Repeat("s", 40) + "}}", false, "", `"playground":""`},
	} {
		c, err := parse(t, "realtime:\n  "+test.keys)
		if err != nil {
			t.Fatal(err)
		}
		c.dev, c.TLS.CertFile, c.TLS.KeyFile = test.dev, test.cert, test.cert
		var b bytes.Buffer
		announce(&b, c, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 3001}, nil, "data")
		if text := b.String(); !strings.Contains(text, test.want) || test.want == "" && strings.Contains(text, "try it") {
			t.Errorf("%s: want %q in\n%s", test.keys, test.want, text)
		}
	}
}
