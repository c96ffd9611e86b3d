package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrTTL is the error of a token that a server with the same configuration would refuse.
var ErrTTL = errors.New("token would be valid for longer than tokens may be")

// Sign returns a token for s that is valid for ttl from now on, signed with HS256. NewJWT(c) admits
// it if secret is among the keys. It ignores s.Expires. A ttl above c.MaxAge is ErrTTL.
func (c JWTConfig) Sign(secret []byte, s Session, ttl time.Duration) (string, error) {
	c = c.withDefaults()
	if ttl > c.MaxAge {
		return "", fmt.Errorf("%w (%v)", ErrTTL, c.MaxAge)
	}
	now := time.Now()
	m := jwt.MapClaims{"iat": now.Unix(), "exp": now.Add(ttl).Unix(), c.Claims.ID: s.ID}
	put(m, "iss", c.Issuer, c.Issuer != "")
	put(m, "aud", c.Audience, c.Audience != "")
	put(m, c.Claims.Name, s.Name, s.Name != "")
	put(m, c.Claims.Roles, s.Roles, len(s.Roles) > 0)
	put(m, recordsClaim, s.Grants.list(), s.Grants != nil)
	return jwt.NewWithClaims(jwt.SigningMethodHS256, m).SignedString(secret)
}

func put(m jwt.MapClaims, name string, value any, has bool) {
	if has {
		m[name] = value
	}
}
