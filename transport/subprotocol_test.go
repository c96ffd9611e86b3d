package transport

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestOffers checks the subprotocols that are read from a header.
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

// Tokens without a prefix: a session token of CivicPress and a JWT.
var bareSession, bareJWT = strings.Repeat("ab", 32) + "." + strings.Repeat("01", 32), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln_-"

// subprotocolCases lists the subprotocols that a client offers, the one in the answer, and the
// protocol that is spoken, "" if the first message decides.
var subprotocolCases = []struct{ name, offered, want, protocol string }{
	{"nothing", "", "", ""},
	{"y-websocket", "y-websocket", "y-websocket", "y-websocket"},
	{"JSON", "civicpress.v1.json", "civicpress.v1.json", "civicpress.v1.json"},
	{"MessagePack", "civicpress.v1.msgpack", "civicpress.v1.msgpack", "civicpress.v1.msgpack"},
	{"the client's order", "mqtt, civicpress.v1.msgpack, y-websocket, civicpress.v1.json", "civicpress.v1.msgpack", "civicpress.v1.msgpack"},
	{"token", "auth.abc", "auth.abc", "y-websocket"},
	{"token first", "auth.abc, y-websocket", "y-websocket", "y-websocket"},
	{"token last", "civicpress.v1.json, auth.abc", "civicpress.v1.json", "civicpress.v1.json"},
	{"unknown", "mqtt, wamp.2.json", "", ""},
	{"token among unknown", "mqtt, auth.abc", "auth.abc", "y-websocket"},
	{"bare session token", bareSession, bareSession, "y-websocket"},
	{"bare JWT among unknown", "mqtt, " + bareJWT, bareJWT, "y-websocket"},
	{"bare token, and a protocol", bareSession + ", civicpress.v1.json", "civicpress.v1.json", "civicpress.v1.json"},
	{"two tokens", "auth.a, auth.b", "auth.a", "y-websocket"},
	{"empty token", "auth.", "auth.", "y-websocket"},
}

// TestChoose checks the chosen subprotocol and protocol in each case.
func TestChoose(t *testing.T) {
	for _, test := range subprotocolCases {
		got, spoken := choose(offers(offering(test.offered)))
		if name := nameOf(spoken); got != test.want || name != test.protocol {
			t.Errorf("%s: %q, %q is spoken", test.name, got, name)
		}
	}
}

func nameOf(p *protocol.Protocol) string {
	if p == nil {
		return ""
	}
	return (*p).Name()
}
