package transport

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// JWTConfig says which tokens are good and how they are read. Fields that are
// zero have the default their comment names.
type JWTConfig struct {
	// Keys that tokens may be signed with. None: no token is good.
	Keys []Key
	// Leeway is how far the clocks of issuer and server may be apart. 30 s.
	Leeway time.Duration
	// Issuer is what "iss" must be. Anything, and nothing.
	Issuer string
	// Audience is what must be in "aud". Anything, and nothing.
	Audience string
	// Claims is what the issuer calls the claims.
	Claims ClaimNames
}

// ClaimNames names claims at the top of a token.
type ClaimNames struct {
	ID    string // of the user, a string that tokens must have. "sub".
	Name  string // what others see, a string. "name".
	Roles string // a string or a list of them. "roles".
}

func (c JWTConfig) withDefaults() JWTConfig {
	c.Leeway = cmp.Or(c.Leeway, 30*time.Second)
	c.Claims.ID = cmp.Or(c.Claims.ID, "sub")
	c.Claims.Name = cmp.Or(c.Claims.Name, "name")
	c.Claims.Roles = cmp.Or(c.Claims.Roles, "roles")
	return c
}

// JWT accepts JSON Web Tokens that carry a signature.
type JWT struct {
	cfg    JWTConfig
	parser *jwt.Parser
}

// NewJWT returns an Authenticator for tokens that are signed with a key of c's and
// expire ("exp").
func NewJWT(c JWTConfig) *JWT {
	c = c.withDefaults()
	algorithms := []string{} // nil would be all, "none" among them
	for _, k := range c.Keys {
		algorithms = append(algorithms, k.algorithms...)
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(algorithms), jwt.WithExpirationRequired(), jwt.WithLeeway(c.Leeway), jwt.WithStrictDecoding(),
	}
	if c.Issuer != "" {
		options = append(options, jwt.WithIssuer(c.Issuer))
	}
	if c.Audience != "" {
		options = append(options, jwt.WithAudience(c.Audience))
	}
	return &JWT{cfg: c, parser: jwt.NewParser(options...)}
}

// Admit implements Authenticator. The session is the same for every room.
func (j *JWT) Admit(_ context.Context, token, _ string) (Session, error) {
	if token == "" {
		return Session{}, refused("token missing")
	}
	var c claims
	if _, err := j.parser.ParseWithClaims(token, &c, j.key); err != nil {
		return Session{}, refused(whyInvalid(err))
	}
	s, err := c.session(j.cfg)
	if err != nil {
		return Session{}, refused(err.Error())
	}
	return s, nil
}

var errNoKey = errors.New("no key for this token")

// key returns the keys that a token may be signed with, by what its header says.
// Extensions that the header calls critical are not known here (RFC 7515, 4.1.11).
func (j *JWT) key(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	var set jwt.VerificationKeySet
	for _, k := range j.cfg.Keys {
		if k.checks(t.Method.Alg(), id) {
			set.Keys = append(set.Keys, k.key)
		}
	}
	if _, critical := t.Header["crit"]; critical || len(set.Keys) == 0 {
		return nil, errNoKey
	}
	return set, nil
}

// whyInvalid has fixed words only: the parser's own quote the token.
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
