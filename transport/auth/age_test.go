package auth

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TestMaxAge shows that a token that is valid for longer than MaxAge is refused with the reason:
// from "iat" on, whenever it is used, or else from now on; and that MaxAge is a day by default.
func TestMaxAge(t *testing.T) {
	const tooLong = "token is valid for too long: ask for one that expires sooner"
	day := NewJWT(JWTConfig{Keys: []Key{SecretKey(secret)}})
	minutes := NewJWT(JWTConfig{Keys: []Key{SecretKey(secret)}, MaxAge: 10 * time.Minute})
	for _, test := range []struct {
		name        string
		j           *JWT
		issued, end time.Duration // from now on; issued 0: not in the token
		reason      string
	}{
		{"a day", day, -time.Second, 24*time.Hour - time.Second, ""},
		{"a second more than a day", day, -time.Second, 24 * time.Hour, tooLong},
		{"ten minutes", minutes, -9 * time.Minute, time.Minute, ""},
		{"an hour that is nearly over", minutes, -59 * time.Minute, time.Minute, tooLong},
		{"nine minutes from now on", minutes, 0, 9 * time.Minute, ""},
		{"an hour from now on", minutes, 0, time.Hour, tooLong},
		{"issued in an hour", minutes, time.Hour, 2 * time.Hour, tooLong},
	} {
		now := time.Now()
		token := sign(t, jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) {
			put(c, "iat", now.Add(test.issued).Unix(), test.issued != 0)
			c["exp"] = now.Add(test.end).Unix()
		})
		if test.reason == "" {
			test.j.mustAdmit(t, test.name, token)
		} else {
			test.j.mustRefuse(t, test.name, token, test.reason)
		}
	}
	form := sign(t, jwt.SigningMethodHS256, secret, set("iat", "yesterday"))
	minutes.mustRefuse(t, "issued yesterday", form, "token has a claim of the wrong form")
	endless := sign(t, jwt.SigningMethodHS256, secret, without("exp"))
	minutes.mustRefuse(t, "without end", endless, "token lacks a required claim")
}
