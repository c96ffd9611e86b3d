package limit

import (
	"net/http"
	"net/netip"
	"testing"
)

// TestClientAddress checks which address a client is counted by.
func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("2001:db8:1::/48"),
	}
	for _, test := range []struct {
		name, peer string
		header     []string
		want       string // empty: none
	}{
		{"peer", "192.0.2.1:99", nil, "192.0.2.1"},
		{"peer that is no proxy", "192.0.2.1:99", []string{"192.0.2.7"}, "192.0.2.1"},
		{"loopback", "[::1]:99", []string{"192.0.2.7"}, ""},
		{"proxy", "10.1.1.1:99", []string{"192.0.2.7"}, "192.0.2.7"},
		{"proxy on this machine", "127.0.0.1:99", []string{"192.0.2.7"}, "192.0.2.7"},
		{"proxy in IPv6", "[2001:db8:1::5]:99", []string{"192.0.2.7"}, "192.0.2.7"},
		{"proxy mapped into IPv6", "[::ffff:10.1.1.1]:99", []string{"::ffff:192.0.2.7"}, "192.0.2.7"},
		{"proxy without a word", "10.1.1.1:99", nil, ""},
		{"what the client made up", "10.1.1.1:99", []string{"198.51.100.1, 192.0.2.7"}, "192.0.2.7"},
		{"a trusted address made up", "10.1.1.1:99", []string{"10.9.9.9, 192.0.2.7"}, "192.0.2.7"},
		{"two proxies", "10.1.1.1:99", []string{"198.51.100.1, 192.0.2.7, 10.2.2.2"}, "192.0.2.7"},
		{"two lines", "10.1.1.1:99", []string{"198.51.100.1", "192.0.2.7", "10.2.2.2"}, "192.0.2.7"},
		{"proxies only", "10.1.1.1:99", []string{"10.2.2.2,10.3.3.3"}, ""},
		{"with a port", "10.1.1.1:99", []string{"192.0.2.7:1234"}, "192.0.2.7"},
		{"no address", "10.1.1.1:99", []string{"192.0.2.7, unknown"}, ""},
		{"empty", "10.1.1.1:99", []string{""}, ""},
		{"empty at the end", "10.1.1.1:99", []string{"192.0.2.7,"}, ""},
		{"loopback behind the proxy", "10.1.1.1:99", []string{"127.0.0.9"}, ""},
		{"household", "[2001:db8:2:3:4:5:6:7]:99", nil, "2001:db8:2:3::"},
		{"household behind a proxy", "10.1.1.1:99", []string{"[2001:db8:2:3:4:5:6:7]:1"}, "2001:db8:2:3::"},
		{"link", "[fe80::1%eth0]:99", nil, "fe80::"},
		{"no TCP", "@", nil, ""},
	} {
		a := Addresses{TrustedProxies: trusted}
		r := &http.Request{RemoteAddr: test.peer, Header: http.Header{"X-Forwarded-For": test.header}}
		got := ""
		if ip := a.Client(r); ip.IsValid() {
			got = ip.String()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
