package transport

import (
	"net/http"
	"slices"
	"testing"
)

func TestCredential(t *testing.T) {
	for _, test := range []struct {
		name, authorization, protocols, query, want string
	}{
		{"none", "", "", "", ""},
		{"header", "Bearer a.b.c", "", "", "a.b.c"},
		{"header, small letters", "bearer a", "", "", "a"},
		{"header first", "Bearer a", "auth.b", "token=c", "a"},
		{"another scheme", "Basic a", "auth.b", "", "b"},
		{"subprotocol", "", "auth.x.y.z", "", "x.y.z"},
		{"subprotocol before query", "", "y-websocket, auth.b", "token=c", "b"},
		{"first of two", "", "auth.a, auth.b", "", "a"},
		{"query", "", "y-websocket", "v=1&token=a%2Bb", "a+b"},
	} {
		r, err := http.NewRequest("GET", "http://test/realtime/records/a?"+test.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", test.authorization)
		r.Header.Set(protocolHeader, test.protocols)
		if got := credential(r, offers(r.Header)); got != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

func TestOffers(t *testing.T) {
	if got := offers(offering("a, b,c", "d")); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("%q", got)
	}
}

func offering(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		h.Add(protocolHeader, line)
	}
	return h
}

// echoes has what clients offer and what they are answered.
var echoes = []struct{ name, offered, want string }{
	{"nothing", "", ""},
	{"y-websocket", "y-websocket", "y-websocket"},
	{"token", "auth.abc", "auth.abc"},
	{"token first", "auth.abc, y-websocket", "y-websocket"},
	{"token last", "y-websocket, auth.abc", "y-websocket"},
	{"unknown", "mqtt, wamp.2.json", ""},
	{"token among unknown", "mqtt, auth.abc", "auth.abc"},
	{"two tokens", "auth.a, auth.b", "auth.a"},
	{"empty token", "auth.", "auth."},
}

func TestChoose(t *testing.T) {
	for _, test := range echoes {
		if got := choose(offers(offering(test.offered))); got != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}
