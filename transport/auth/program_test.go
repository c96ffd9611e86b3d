package auth

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// forPrograms sets the claims of a token for programs, and then others.
func forPrograms(more ...func(jwt.MapClaims)) func(jwt.MapClaims) {
	return func(c jwt.MapClaims) {
		c["aud"] = "civic-realtime-api"
		c["documents"] = []any{map[string]any{"rooms": []string{"record:*"}, "access": "read"}}
		for _, set := range more {
			set(c)
		}
	}
}

// TestTokensOfPrograms shows which tokens are valid for programs, and that none of them is valid
// for a WebSocket.
func TestTokensOfPrograms(t *testing.T) {
	hs := jwt.SigningMethodHS256
	p, err := hmac.AdmitProgram(context.Background(), sign(t, hs, secret, forPrograms()))
	want := []ProgramGrant{{[]string{"record:*"}, "read"}}
	if err != nil || p.ID != "u1" || p.Name != "Ann" || !reflect.DeepEqual(p.Documents, want) || time.Until(p.Expires) < time.Hour {
		t.Errorf("%+v, %v", p, err)
	}
	hmac.mustRefuse(t, "of a program", sign(t, hs, secret, forPrograms()), "token is for programs")
	hmac.mustRefuse(t, "for programs, without the claim", sign(t, hs, secret, set("aud", "civic-realtime-api")), "token is for programs")
	for name, token := range map[string]string{
		"missing":               "",
		"of an editor":          sign(t, hs, secret, nil),
		"for another audience":  sign(t, hs, secret, forPrograms(set("aud", "editors"))),
		"without the claim":     sign(t, hs, secret, forPrograms(without("documents"))),
		"without a user":        sign(t, hs, secret, forPrograms(without("sub"))),
		"with another form":     sign(t, hs, secret, forPrograms(set("documents", "record:*"))),
		"with null":             sign(t, hs, secret, forPrograms(set("documents", nil))),
		"expired":               sign(t, hs, secret, forPrograms(at("exp", -time.Hour))),
		"valid for too long":    sign(t, hs, secret, forPrograms(at("exp", 48*time.Hour))),
		"signed by another key": sign(t, hs, []byte("another secret of thirty-two bytes"), forPrograms()),
	} {
		if p, err := hmac.AdmitProgram(context.Background(), token); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
