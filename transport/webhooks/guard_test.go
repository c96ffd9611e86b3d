package webhooks

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
)

// TestPublic shows which addresses are public: none of those that reach the machine itself or its
// network, in whatever form they are written.
func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.216.34": true, "8.8.8.8": true, "172.15.0.1": true, "172.32.0.1": true, "100.63.0.1": true, "192.1.0.1": true,
		"2606:2800:220:1::1": true, "2a00:1450::1": true, "64:ff9b::8.8.8.8": true, "2002:808:808::1": true, "::ffff:8.8.8.8": true,

		"127.0.0.1": false, "127.255.255.254": false, "0.0.0.0": false, "0.1.2.3": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false, "198.18.0.1": false,
		"192.0.0.8": false, "192.0.2.1": false, "198.51.100.1": false, "203.0.113.1": false,
		"224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "fec0::1": false,
		"ff02::1": false, "2001:db8::1": false, "100::1": false, "2001::1": false, "3fff::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false, "::127.0.0.1": false,
		"168.63.129.16": false, "::ffff:168.63.129.16": false, // Azure's
		"::ffff:0:127.0.0.1": false, "::ffff:0:10.0.0.1": false, // RFC 2765
		"64:ff9b:1:7f00:0:100:808:808": false, "64:ff9b:1::8.8.8.8": false, // RFC 8215: the bits of IPv4 may be elsewhere
		"4000::1": false, "5f00::1": false, "::8.8.8.8": false,
		"64:ff9b::127.0.0.1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::10.0.0.1": false, "2002:7f00:1::1": false, "2002:c0a8:101::": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: public is %v", text, got)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// TestPrivateAddressIsRefusedAtDialTime shows that a name that resolves to a private address is not
// connected to, whatever it resolved to before; that allow_private allows it; and that the reason
// has nothing of the address of the endpoint.
func TestPrivateAddressIsRefusedAtDialTime(t *testing.T) {
	reached := make(chan string, 9)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.RawQuery }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, allowed := range []bool{false, true} {
		for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]"} {
			e := Endpoint{URL: "http://" + host + ":" + port + "/?token=hidden", AllowPrivate: allowed}
			r := newCaller(e, &Config{}).call(t.Context(), &pending{id: "msg_1", message: message{Body: []byte("{}")}}, 5*time.Second)
			if r.delivered != allowed || !allowed && r.why != errPrivate.Error() || strings.Contains(r.why, "hidden") {
				t.Errorf("%s, allowed %v: %+v", host, allowed, r)
			}
		}
	}
	if len(reached) != 3 {
		t.Errorf("%d requests have reached the private server, want 3", len(reached))
	}
}

// TestOddAnswers shows what becomes of answers that never end, or are none: an endless body counts
// as an answer, and nothing that came reaches a log.
func TestOddAnswers(t *testing.T) {
	const ok, secret = "HTTP/1.1 200 OK\r\n", "hidden"
	for name, test := range map[string]struct {
		first, again string // again is repeated until the connection ends
		delivered    bool
		why          string
	}{
		"endless body":        {ok + "\r\n", strings.Repeat(secret, 1000), true, ""},
		"endless header":      {ok, "X-H: " + strings.Repeat(secret, 1000) + "\r\n", false, "too long a header"},
		"endless early hints": {"", "HTTP/1.1 103 Early Hints\r\nX-H: " + secret + "\r\n\r\n", false, "too long a header"},
		"another protocol":    {"SSH-2.0-" + secret + "\r\n", "", false, "no answer in HTTP"},
		"a wrong status":      {"HTTP/1.1 " + secret + " OK\r\n\r\n", "", false, "no answer in HTTP"},
		"nothing":             {"", "", false, "closed without an answer"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				_, err = http.ReadRequest(bufio.NewReader(c))
				_, _ = io.WriteString(c, test.first)
				for err == nil && test.again != "" {
					_, err = io.WriteString(c, test.again)
				}
			}()
			e := Endpoint{URL: "http://" + l.Addr().String(), AllowPrivate: true}
			r := newCaller(e, &Config{}).call(t.Context(), &pending{id: "msg_1", message: message{Body: []byte("{}")}}, time.Minute)
			if r.delivered != test.delivered || !strings.Contains(r.why, test.why) || strings.Contains(r.why, secret) {
				t.Errorf("%+v", r)
			}
			<-ended
		})
	}
}

// TestWrongCertificate shows that an endpoint whose certificate is not trusted gets nothing.
func TestWrongCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	e := Endpoint{URL: server.URL, AllowPrivate: true}
	r := newCaller(e, &Config{}).call(t.Context(), &pending{id: "msg_1", message: message{Body: []byte("{}")}}, 5*time.Second)
	if r.delivered || !strings.Contains(r.why, "certificate") {
		t.Errorf("%+v", r)
	}
}

// TestProxyOfEnvironmentIsNotUsed shows that requests do not go through a proxy, which would
// connect to private addresses.
func TestProxyOfEnvironmentIsNotUsed(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:1")
	if transport := newCaller(Endpoint{}, &Config{}).http.Transport.(*http.Transport); transport.Proxy != nil {
		t.Error("there is a proxy")
	}
}

// TestEndpointCheck shows which endpoints are refused, and that errors have no secret.
func TestEndpointCheck(t *testing.T) {
	good := Endpoint{URL: "https://example.org/hooks", Secrets: []standardwebhooks.Secret{secret(t, secretText)}}
	if err := good.Check(); err != nil || good.WithName().Name != "example.org/hooks" {
		t.Error(err, good.WithName().Name)
	}
	for want, change := range map[string]func(*Endpoint){
		"url: is not an address":             func(e *Endpoint) { e.URL = "example.org" },
		"url: must begin with":               func(e *Endpoint) { e.URL = "ftp://example.org" },
		"url: must have no user":             func(e *Endpoint) { e.URL = "https://u:p@example.org" },
		"url: must have no fragment":         func(e *Endpoint) { e.URL = "https://example.org/#x" },
		"127.0.0.1 is not a public address":  func(e *Endpoint) { e.URL = "http://127.0.0.1:80/" },
		"::1 is not a public address":        func(e *Endpoint) { e.URL = "http://[::1]/" },
		"secret: is missing":                 func(e *Endpoint) { e.Secrets = nil },
		`events: "document.opened" is none`:  func(e *Endpoint) { e.Events = []string{"document.opened"} },
		"rooms: an empty pattern":            func(e *Endpoint) { e.Rooms = []string{""} },
		"name: must have at most 200 bytes":  func(e *Endpoint) { e.Name = strings.Repeat("x", 201) },
		"no control characters":              func(e *Endpoint) { e.Name = "a\x00b" },
		"url: is not an address such as htt": func(e *Endpoint) { e.URL = "https://" },
	} {
		e := good
		change(&e)
		if err := e.Check(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "MfKQ") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	private := good
	private.URL, private.AllowPrivate = "http://10.0.0.1/", true
	if err := private.Check(); err != nil {
		t.Error(err)
	}
}

// TestWants shows which events an endpoint is sent.
func TestWants(t *testing.T) {
	for _, test := range []struct {
		events, rooms []string
		kind, room    string
		want          bool
	}{
		{nil, nil, Changed, "record:a", true},
		{nil, nil, UserJoined, "record:a", false},
		{[]string{UserJoined}, nil, UserJoined, "record:a", true},
		{[]string{UserJoined}, nil, Changed, "record:a", false},
		{nil, []string{"record:*"}, Changed, "record:a", true},
		{nil, []string{"record:*"}, Changed, "note:a", false},
		{nil, []string{"x", "note:*"}, Changed, "note:a", true},
		{nil, []string{"notes/*/draft"}, Changed, "notes/1/draft", true},
		{nil, []string{"notes/*/draft"}, Changed, "notes/1/final", false},
		{nil, []string{"*a*b"}, Changed, "xaxb", true},
		{nil, []string{"*a*b"}, Changed, "xbxa", false},
		{nil, []string{"ab*ba"}, Changed, "aba", false},
		{nil, []string{"record:a"}, Changed, "record:ab", false},
		{nil, []string{"record:*"}, LimitHit, "", false},
		{nil, nil, LimitHit, "", true},
	} {
		e := Endpoint{Events: test.events, Rooms: test.rooms}
		if got := e.wants(test.kind, test.room); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

// TestCanceledAttempt shows that the end of the program is no failure of the receiver.
func TestCanceledAttempt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := Endpoint{URL: "http://192.0.2.1/", AllowPrivate: true}
	if r := newCaller(e, &Config{}).call(ctx, &pending{id: "msg_1"}, time.Second); r.delivered || !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("%+v", r)
	}
}
