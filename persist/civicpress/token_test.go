package civicpress

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// Keys and tokens made with Node's crypto as CivicPress does.
const (
	rawToken  = "d7439bee24773bcbfa2d0a97947ee36227b10d1022b1a55847e928965bb6bfde"
	goodToken = rawToken + ".a7362b5ec7e1a3025c6e9c1ad42a4d25c9fa1dd2946543ddc38327e70c17374d"
	longToken = rawToken + ".eeb2321d0a216d653ceaf8c3ea74c553f7527b56adefc18bbc84eba1dc099d55"
)

func TestSigningKey(t *testing.T) {
	long := strings.Repeat("ab", 64)
	for _, test := range []struct{ name, secret, key string }{
		{"shortest", standin.DefaultSecret, "b162fbf83720a6bc1b90f1c43813fa9f5a9cd1d27215374e5c38c3442a96dd37"},
		{"longer", long, "0c37fb77dccf837eb5ccd49fd414c7560c933fbf85fff40e61f42a4cb589180a"},
		{"capitals", strings.ToUpper(long), "0c37fb77dccf837eb5ccd49fd414c7560c933fbf85fff40e61f42a4cb589180a"},
		{"odd digit", long + "c", "0c37fb77dccf837eb5ccd49fd414c7560c933fbf85fff40e61f42a4cb589180a"},
		{"short", standin.DefaultSecret[2:], ""},
		{"not hexadecimal", strings.Repeat("xy", 32), ""},
	} {
		key, err := signingKey(test.secret)
		if hex.EncodeToString(key) != test.key || (err == nil) == (test.key == "") {
			t.Errorf("%s: %x, %v", test.name, key, err)
		}
		if err != nil && (!errors.Is(err, ErrConfig) || strings.Contains(err.Error(), test.secret)) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestSigned(t *testing.T) {
	for _, test := range []struct {
		name, secret, token string
		want                bool
	}{
		{"good", standin.DefaultSecret, goodToken, true},
		{"good, long secret", strings.Repeat("ab", 64), longToken, true},
		{"another's", standin.DefaultSecret, longToken, false},
		{"another raw part", standin.DefaultSecret, "0" + goodToken[1:], false},
		{"another signature", standin.DefaultSecret, goodToken[:len(goodToken)-1] + "0", false},
		{"signature cut off", standin.DefaultSecret, goodToken[:len(goodToken)-1], false},
		{"longer signature", standin.DefaultSecret, goodToken + "0", false},
		{"unsigned", standin.DefaultSecret, rawToken, false},
		{"empty signature", standin.DefaultSecret, rawToken + ".", false},
		{"three parts", standin.DefaultSecret, goodToken + ".", false},
		{"capitals", standin.DefaultSecret, strings.ToUpper(goodToken), false},
		{"empty", standin.DefaultSecret, "", false},
		{"a dot", standin.DefaultSecret, ".", false},
	} {
		key, err := signingKey(test.secret)
		if err != nil {
			t.Fatal(err)
		}
		if got := signed(test.token, key); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// TestTokenFilterRefuses shows the tokens that the API is asked about: with a secret those that
// CivicPress signed, without one all that can be sent.
func TestTokenFilterRefuses(t *testing.T) {
	for _, test := range []struct {
		name, secret, token string
		calls               int
	}{
		{"signed", standin.DefaultSecret, goodToken, 1},
		{"unsigned", standin.DefaultSecret, rawToken, 0},
		{"signed by another", standin.DefaultSecret, longToken, 0},
		{"no secret", "", longToken, 1},
		{"no secret, no session token", "", "eyJh.eyJz.c2ln", 1},
		{"empty", "", "", 0},
		{"with a space", "", "a b", 0},
		{"with a line end", "", "a\r\nX-Mock-User: {}", 0},
		{"not ASCII", "", "tökén", 0},
		{"too long", "", strings.Repeat("a", maxToken+1), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{Secret: test.secret}, standin.Options{},
				func(t *testing.T, w *fixture) {
					_, err := w.Authenticate(t.Context(), test.token)
					w.mustFail(err, ErrUnauthorized)
					w.mustCount(standin.Me, test.calls)
				})
		})
	}
}

// TestSignedForm shows that a valid signature is not enough.
func TestSignedForm(t *testing.T) {
	key, err := signingKey(standin.DefaultSecret)
	if err != nil {
		t.Fatal(err)
	}
	a := standin.New(standin.Options{})
	for raw, want := range map[string]bool{rawToken: true, rawToken[1:]: false, rawToken + "00": false, strings.Repeat("x", 64): false, "": false} {
		if got := signed(a.Sign(raw), key); got != want {
			t.Errorf("%q: %v", raw, got)
		}
	}
}

// TestTokenFilterAdmits shows that a session's own token passes the filter.
func TestTokenFilterAdmits(t *testing.T) {
	withAPI(t, Config{Secret: standin.DefaultSecret}, standin.Options{},
		func(t *testing.T, w *fixture) {
			w.mustAuthenticate(w.api.Login("ann", "clerk"))
		})
}
