package auth

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// JWT is an Authenticator for signed JSON Web Tokens.
type JWT struct {
	cfg      JWTConfig
	parser   *jwt.Parser
	programs *jwt.Parser // of tokens for programs
}

// NewJWT returns an Authenticator for tokens that have an expiry, and are signed with one of the
// keys of c.
func NewJWT(c JWTConfig) *JWT {
	c = c.withDefaults()
	algorithms := []string{} // not nil, which would allow all, "none" among them
	for _, k := range c.Keys {
		algorithms = append(algorithms, k.algorithms...)
	}
	if c.More != nil {
		algorithms = append(algorithms, SecretKey(nil).algorithms...)
	}
	if c.Remote != nil {
		algorithms = append(algorithms, publicAlgorithms...)
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(algorithms), jwt.WithExpirationRequired(),
		jwt.WithLeeway(c.Leeway), jwt.WithStrictDecoding(),
	}
	if c.Issuer != "" {
		options = append(options, jwt.WithIssuer(c.Issuer))
	}
	programs := append(slices.Clone(options), jwt.WithAudience(c.ProgramAudience))
	if c.Audience != "" {
		options = append(options, jwt.WithAudience(c.Audience))
	}
	return &JWT{
		cfg: c, parser: jwt.NewParser(options...), programs: jwt.NewParser(programs...),
	}
}

// Admit implements Authenticator. The session does not depend on the room.
func (j *JWT) Admit(ctx context.Context, token string, _ roomkey.Key) (Session, error) {
	if token == "" {
		return Session{}, refuse("token missing")
	}
	var c claims
	keys := func(t *jwt.Token) (any, error) { return j.keys(ctx, t) }
	if _, err := j.parser.ParseWithClaims(token, &c, keys); err != nil {
		return Session{}, refusalOf(err)
	}
	if c.isProgram(j.cfg) {
		return Session{}, refuse("token is for programs")
	}
	s, err := c.session(j.cfg)
	if err != nil {
		return Session{}, refuse(err.Error())
	}
	return s, nil
}

var errNoKey = errors.New("no key for this token")

// keys returns the keys to verify a token with, chosen by "alg" and "kid" of its header. It has
// none for a header with critical extensions (RFC 7515, 4.1.11), as it implements none.
func (j *JWT) keys(ctx context.Context, t *jwt.Token) (any, error) {
	if _, critical := t.Header["crit"]; critical {
		return nil, errNoKey
	}
	id, _ := t.Header["kid"].(string)
	keys, err := fitting(j.cfg.Keys, t.Method.Alg(), id), errNoKey
	if j.cfg.More != nil {
		more := []Key{SecretKey(j.cfg.More())}
		keys = append(keys, fitting(more, t.Method.Alg(), id)...)
	}
	if j.cfg.Remote != nil {
		remote, unknown := j.cfg.Remote.fitting(ctx, t.Method.Alg(), id)
		keys, err = append(keys, remote...), cmp.Or(unknown, errNoKey)
	}
	if len(keys) == 0 {
		return nil, err
	}
	var set jwt.VerificationKeySet
	for _, k := range keys {
		set.Keys = append(set.Keys, k.key)
	}
	return set, nil
}

// refusalOf returns the error by which a token is refused that the parser has failed on.
func refusalOf(err error) error {
	if e, ok := errors.AsType[*engine.CloseError](err); ok {
		return e
	}
	return refuse(whyInvalid(err))
}

// whyInvalid returns the reason of an error of the parser in fixed words, as the parser's own text
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
