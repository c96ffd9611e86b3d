package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

var (
	secret = []byte("a secret of thirty-two bytes, ok?")
	hmac   = NewJWT(JWTConfig{Keys: []Key{SecretKey(secret)}})
)

// issuer has a private key of each type.
type issuer struct {
	rsa     *rsa.PrivateKey
	ec      *ecdsa.PrivateKey
	ed25519 ed25519.PrivateKey
}

func newIssuer(t *testing.T) (i issuer) {
	t.Helper()
	var errs [3]error
	i.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	i.ec, errs[1] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, i.ed25519, errs[2] = ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return i
}

// publicPEM returns the PEM form of a public key.
func publicPEM(t *testing.T, public any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func mustParsePublicKey(t *testing.T, public any) Key {
	t.Helper()
	k, err := ParsePublicKey(publicPEM(t, public))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sign returns a token for ann that is valid for an hour, unless change changes that.
func sign(t *testing.T, method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
	t.Helper()
	c := jwt.MapClaims{"sub": "u1", "name": "Ann", "exp": time.Now().Add(time.Hour).Unix()}
	if change != nil {
		change(c)
	}
	return signWith(t, method, key, c, nil)
}

// signWith is sign with further members of the token's header.
func signWith(t *testing.T, method jwt.SigningMethod, key any, c jwt.MapClaims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	for name, value := range header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func at(claim string, d time.Duration) func(jwt.MapClaims) {
	return set(claim, time.Now().Add(d).Unix())
}

func set(claim string, value any) func(jwt.MapClaims) {
	return func(c jwt.MapClaims) { c[claim] = value }
}

func without(claim string) func(jwt.MapClaims) {
	return func(c jwt.MapClaims) { delete(c, claim) }
}

// mustRefuse checks that token is refused for reason, in an error that contains no part of the
// token.
func (j *JWT) mustRefuse(t *testing.T, name, token, reason string) {
	t.Helper()
	s, err := j.Admit(context.Background(), token, roomkey.MustParse("record:r"))
	var refusal *engine.CloseError
	if !errors.As(err, &refusal) || *refusal != (engine.CloseError{Code: engine.CloseAuthFailed, Reason: reason}) {
		t.Errorf("%s: %+v, %v, want %q", name, s, err, reason)
	}
}

func (j *JWT) mustAdmit(t *testing.T, name, token string) Session {
	t.Helper()
	s, err := j.Admit(context.Background(), token, roomkey.MustParse("record:r"))
	if err != nil || s.Identity != (engine.Identity{ID: "u1", Name: "Ann"}) {
		t.Errorf("%s: %+v, %v", name, s, err)
	}
	return s
}

// TestJWT shows which tokens are admitted, and the reasons for refusing others.
func TestJWT(t *testing.T) {
	ec := newIssuer(t).ec
	good := sign(t, jwt.SigningMethodHS256, secret, nil)
	parts := strings.Split(good, ".")
	for _, test := range []struct{ name, token, reason string }{
		{"HS256", good, ""},
		{"HS384", sign(t, jwt.SigningMethodHS384, secret, nil), ""},
		{"HS512", sign(t, jwt.SigningMethodHS512, secret, nil), ""},
		{"just expired", sign(t, jwt.SigningMethodHS256, secret, at("exp", -10*time.Second)), ""},
		{"soon valid", sign(t, jwt.SigningMethodHS256, secret, at("nbf", 10*time.Second)), ""},
		{"key id that the key does not have", signWith(t, jwt.SigningMethodHS256, secret,
			jwt.MapClaims{"sub": "u1", "name": "Ann", "exp": time.Now().Add(time.Hour).Unix()}, map[string]any{"kid": "k"}), ""},
		{"expired", sign(t, jwt.SigningMethodHS256, secret, at("exp", -time.Minute)), "token expired"},
		{"expired in another form", sign(t, jwt.SigningMethodHS256, secret, set("exp", "tomorrow")), "token has a claim of the wrong form"},
		{"expires after the end of time", sign(t, jwt.SigningMethodHS256, secret, set("exp", 1e300)), "token has a claim of the wrong form"},
		{"not yet valid", sign(t, jwt.SigningMethodHS256, secret, at("nbf", time.Minute)), "token not valid yet"},
		{"no expiry", sign(t, jwt.SigningMethodHS256, secret, without("exp")), "token lacks a required claim"},
		{"no subject", sign(t, jwt.SigningMethodHS256, secret, without("sub")), "token names no user"},
		{"empty subject", sign(t, jwt.SigningMethodHS256, secret, set("sub", "")), "token names no user"},
		{"another secret", sign(t, jwt.SigningMethodHS256, []byte("another"), nil), "token signature invalid"},
		{"no algorithm", sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), "token signature invalid"},
		{"public key algorithm", sign(t, jwt.SigningMethodES256, ec, nil), "token signature invalid"},
		{"critical extension", signWith(t, jwt.SigningMethodHS256, secret,
			jwt.MapClaims{"sub": "u1", "exp": time.Now().Add(time.Hour).Unix()}, map[string]any{"crit": []string{"b64"}}), "token signed with an unknown key"},
		{"signature cut off", parts[0] + "." + parts[1] + ".", "token signature invalid"},
		{"two parts", parts[0] + "." + parts[1], "token malformed"},
		{"garbage", "garbage", "token malformed"},
		{"none", "", "token missing"},
	} {
		if test.reason == "" {
			hmac.mustAdmit(t, test.name, test.token)
		} else {
			hmac.mustRefuse(t, test.name, test.token, test.reason)
		}
	}
}

// TestNoKeys shows that a server without keys admits no token.
func TestNoKeys(t *testing.T) {
	j := NewJWT(JWTConfig{})
	j.mustRefuse(t, "HS256", sign(t, jwt.SigningMethodHS256, []byte{}, nil), "token signature invalid")
	j.mustRefuse(t, "none", sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), "token signature invalid")
}

// TestLeeway shows that the leeway counts for the validity of a token and for the end of its
// session.
func TestLeeway(t *testing.T) {
	j := NewJWT(JWTConfig{Keys: []Key{SecretKey(secret)}, Leeway: 5 * time.Minute})
	expiry := time.Now().Add(-4 * time.Minute).Truncate(time.Second)
	s := j.mustAdmit(t, "expired 4 minutes ago", sign(t, jwt.SigningMethodHS256, secret, set("exp", expiry.Unix())))
	if want := expiry.Add(5 * time.Minute); !s.Expires.Equal(want) {
		t.Errorf("the connection ends at %v, want %v", s.Expires, want)
	}
	j.mustRefuse(t, "expired 6 minutes ago", sign(t, jwt.SigningMethodHS256, secret, at("exp", -6*time.Minute)), "token expired")
}

// TestIssuerAndAudience shows that the configured issuer and audience are required, and no others.
func TestIssuerAndAudience(t *testing.T) {
	both := JWTConfig{Issuer: "town", Audience: "realtime"}
	for _, test := range []struct {
		name     string
		cfg      JWTConfig
		iss, aud any
		reason   string
	}{
		{"not asked for", JWTConfig{}, "anybody", "anything", ""},
		{"right", both, "town", "realtime", ""},
		{"one of several", both, "town", []string{"web", "realtime"}, ""},
		{"another issuer", both, "county", "realtime", "token of another issuer"},
		{"another audience", both, "town", "web", "token for another audience"},
		{"no issuer", both, nil, "realtime", "token lacks a required claim"},
		{"no audience", both, "town", nil, "token lacks a required claim"},
		{"issuer alone", JWTConfig{Issuer: "town"}, "town", nil, ""},
		{"audience alone", JWTConfig{Audience: "realtime"}, nil, "realtime", ""},
	} {
		test.cfg.Keys = []Key{SecretKey(secret)}
		token := sign(t, jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) {
			put(c, "iss", test.iss, test.iss != nil)
			put(c, "aud", test.aud, test.aud != nil)
		})
		if j := NewJWT(test.cfg); test.reason == "" {
			j.mustAdmit(t, test.name, token)
		} else {
			j.mustRefuse(t, test.name, token, test.reason)
		}
	}
}

// TestSign shows that a token made by Sign is admitted as the session it was made for, with any
// names of claims.
func TestSign(t *testing.T) {
	want := Session{
		Identity: engine.Identity{ID: "u1", Name: "Ann"}, Roles: []string{"clerk", "mayor"},
		Grants: Grants{"a": Edit, "b": View},
	}
	for _, cfg := range []JWTConfig{{}, {Issuer: "town", Audience: "realtime", Claims: ClaimNames{"uid", "nick", "groups"}}} {
		cfg.Keys = []Key{SecretKey(secret)}
		for _, s := range []Session{want, {Identity: want.Identity}, {Identity: want.Identity, Grants: Grants{}}} {
			before := time.Now()
			token, err := cfg.Sign(secret, s, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			got := NewJWT(cfg).mustAdmit(t, "signed", token)
			if ends := got.Expires.Sub(before); ends < time.Hour+29*time.Second || ends > time.Hour+time.Minute {
				t.Errorf("it ends in %v", ends)
			}
			if got.Expires = (time.Time{}); !reflect.DeepEqual(got, s) {
				t.Errorf("%+v, want %+v", got, s)
			}
		}
	}
}
