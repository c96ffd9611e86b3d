package transport

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

var (
	testSecret = []byte("a secret of thirty-two bytes, ok?")
	// testJWT admits the tokens of signToken.
	testJWT = auth.NewJWT(auth.JWTConfig{Keys: []auth.Key{auth.SecretKey(testSecret)}})
)

// signToken returns a token for the user u1, Ann, that expires in an hour. change, if not nil,
// changes its claims first.
func signToken(t *testing.T, change func(map[string]any)) string {
	t.Helper()
	c := jwt.MapClaims{"sub": "u1", "name": "Ann", "exp": time.Now().Add(time.Hour).Unix()}
	if change != nil {
		change(c)
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// claimIn sets a claim to the Unix time d from now.
func claimIn(claim string, d time.Duration) func(map[string]any) {
	return setClaim(claim, time.Now().Add(d).Unix())
}

func setClaim(claim string, value any) func(map[string]any) {
	return func(c map[string]any) { c[claim] = value }
}

// recordEntry is an entry of the claim "records".
func recordEntry(id, access any) map[string]any { return map[string]any{"id": id, "access": access} }

// refusedToken returns the error of an Authenticator that does not know a token.
func refusedToken(reason string) error {
	return &engine.CloseError{Code: engine.CloseAuthFailed, Reason: reason}
}
