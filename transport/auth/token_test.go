package auth

import (
	"net/http"
	"strings"
	"testing"
)

// Tokens without a prefix: a session token of CivicPress and a JWT.
var bareSession, bareJWT = strings.Repeat("ab", 32) + "." + strings.Repeat("01", 32), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln_-"

// TestFromRequest shows in which places of a request the token is found, and in which order.
func TestFromRequest(t *testing.T) {
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
		{"bare session token", "", bareSession, "token=c", bareSession},
		{"bare session token beside a protocol", "", "y-websocket, " + bareSession, "", bareSession},
		{"bare JWT", "", bareJWT, "token=c", bareJWT},
		{"header before a bare one", "Bearer a", bareJWT, "", "a"},
		{"the first of a bare one and another", "", "auth.b, " + bareJWT, "", "b"},
		{"names that are no token", "", "wamp.2.json, v12.stomp, graphql-transport-ws, " + strings.Repeat("ab", 32), "token=c", "c"},
		{"query", "", "y-websocket", "v=1&token=a%2Bb", "a+b"},
	} {
		r, err := http.NewRequest("GET", "http://test/realtime/records/a?"+test.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", test.authorization)
		if got := FromRequest(r, strings.Split(test.protocols, ", ")); got != test.want {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}
