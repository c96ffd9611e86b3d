package auth

import (
	"context"
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// JWT is an Authenticator for signed JSON Web Tokens.
type JWT struct {
	cfg    JWTConfig
	parser *jwt.Parser
}

// NewJWT returns an Authenticator for tokens that are signed with one of c.Keys and have an
// expiry.
func NewJWT(c JWTConfig) *JWT {
	c = c.withDefaults()
	algorithms := []string{} // nil would allow all, "none" among them
	for _, k := range c.Keys {
		algorithms = append(algorithms, k.algorithms...)
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(algorithms), jwt.WithExpirationRequired(),
		jwt.WithLeeway(c.Leeway), jwt.WithStrictDecoding(),
	}
	if c.Issuer != "" {
		options = append(options, jwt.WithIssuer(c.Issuer))
	}
	if c.Audience != "" {
		options = append(options, jwt.WithAudience(c.Audience))
	}
	return &JWT{cfg: c, parser: jwt.NewParser(options...)}
}

// Admit implements Authenticator. The session does not depend on the room.
func (j *JWT) Admit(_ context.Context, token, _ string) (Session, error) {
	if token == "" {
		return Session{}, refuse("token missing")
	}
	var c claims
	if _, err := j.parser.ParseWithClaims(token, &c, j.key); err != nil {
		return Session{}, refuse(whyInvalid(err))
	}
	s, err := c.session(j.cfg)
	if err != nil {
		return Session{}, refuse(err.Error())
	}
	return s, nil
}

var errNoKey = errors.New("no key for this token")

// key returns the keys to verify a token with, chosen by "alg" and "kid" of its header. It has
// none for a header with critical extensions (RFC 7515, 4.1.11), as it implements none.
func (j *JWT) key(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	var set jwt.VerificationKeySet
	for _, k := range j.cfg.Keys {
		if k.fits(t.Method.Alg(), id) {
			set.Keys = append(set.Keys, k.key)
		}
	}
	if _, critical := t.Header["crit"]; critical || len(set.Keys) == 0 {
		return nil, errNoKey
	}
	return set, nil
}

// whyInvalid returns the reason for an error of the parser, in fixed words: the parser's own text
// may quote the token.
func whyInvalid(err error) string {
	if errors.Is(err, errClaimForm) {
		return errClaimForm.Error()
	}
	for _, known := range []struct {
		err    error
		reason string
	}{
		{jwt.ErrTokenMalformed, "token malformed"},
		{jwt.ErrTokenUnverifiable, "token signed with an unknown key"},
		{jwt.ErrTokenSignatureInvalid, "token signature invalid"},
		{jwt.ErrTokenExpired, "token expired"},
		{jwt.ErrTokenNotValidYet, "token not valid yet"},
		{jwt.ErrTokenInvalidIssuer, "token of another issuer"},
		{jwt.ErrTokenInvalidAudience, "token for another audience"},
		{jwt.ErrTokenRequiredClaimMissing, "token lacks a required claim"},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return "token invalid"
}
