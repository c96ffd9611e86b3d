package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// members are the members of a JWK.
type members = map[string]any

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwks returns the issuer's public keys, with the ids "rsa", "ec" and "ed".
func (i issuer) jwks(t *testing.T) (rsa, ec, ed members) {
	t.Helper()
	point, err := i.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	rsa = members{"kty": "RSA", "kid": "rsa", "n": b64(i.rsa.N.Bytes()), "e": b64(big.NewInt(int64(i.rsa.E)).Bytes())}
	ec = members{"kty": "EC", "kid": "ec", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}
	ed = members{"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": b64(i.ed25519.Public().(ed25519.PublicKey))}
	return rsa, ec, ed
}

func keySet(t *testing.T, keys ...members) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// withMember returns a copy of m with one member changed or, if value is nil, removed.
func withMember(m members, name string, value any) members {
	m = maps.Clone(m)
	if m[name] = value; value == nil {
		delete(m, name)
	}
	return m
}

// TestKeySet shows that only the key that a token names can verify it.
func TestKeySet(t *testing.T) {
	i, other := newIssuer(t), newIssuer(t)
	rsa, ec, ed := i.jwks(t)
	_, ec2, _ := other.jwks(t)
	ec2["kid"], ec2["alg"], ec2["use"], ec2["key_ops"] = "ec2", "ES256", "sig", []string{"verify"}
	keys, err := ParseKeySet(keySet(t, rsa, ec, ed, ec2, members{"kty": "RSA", "use": "enc"}))
	if err != nil || len(keys) != 4 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	j := NewJWT(JWTConfig{Keys: keys})
	for _, test := range []struct {
		name   string
		method jwt.SigningMethod
		key    any
		id     any
		reason string
	}{
		{"RSA", jwt.SigningMethodRS256, i.rsa, "rsa", ""},
		{"EC", jwt.SigningMethodES256, i.ec, "ec", ""},
		{"another EC", jwt.SigningMethodES256, other.ec, "ec2", ""},
		{"Ed25519", jwt.SigningMethodEdDSA, i.ed25519, "ed", ""},
		{"the other key's id", jwt.SigningMethodES256, i.ec, "ec2", "token signature invalid"},
		{"id of another type", jwt.SigningMethodES256, i.ec, "rsa", "token signed with an unknown key"},
		{"unknown id", jwt.SigningMethodES256, i.ec, "ec3", "token signed with an unknown key"},
		{"no id", jwt.SigningMethodES256, i.ec, "", "token signed with an unknown key"},
		{"id is a number", jwt.SigningMethodES256, i.ec, 1, "token signed with an unknown key"},
		{"public key as secret", jwt.SigningMethodHS256, publicPEM(t, i.ec.Public()), "ec", "token signature invalid"},
		{"modulus as secret", jwt.SigningMethodHS256, i.rsa.N.Bytes(), "rsa", "token signature invalid"},
	} {
		token := signWith(t, test.method, test.key,
			jwt.MapClaims{"sub": "u1", "name": "Ann", "exp": time.Now().Add(time.Hour).Unix()}, map[string]any{"kid": test.id})
		if test.reason == "" {
			j.mustAdmit(t, test.name, token)
		} else {
			j.mustRefuse(t, test.name, token, test.reason)
		}
	}
}

// TestBadKeySet checks the errors of malformed key sets, and of sets without a usable key.
func TestBadKeySet(t *testing.T) {
	i := newIssuer(t)
	rsa, ec, ed := i.jwks(t)
	point, err := i.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	longX := b64(append([]byte{0}, point[1:33]...))
	strayX := strings.Repeat("A", 42) + "B" // 43 digits have two bits more than 32 bytes need
	for _, test := range []struct {
		name string
		text []byte
		want error
	}{
		{"empty", nil, ErrKeySet},
		{"no JSON", []byte("-----BEGIN PUBLIC KEY-----"), ErrKeySet},
		{"a key alone", []byte(`{"kty":"EC"}`), ErrNoKeys},
		{"no keys", keySet(t), ErrNoKeys},
		{"keys to encrypt with alone", keySet(t, withMember(rsa, "use", "enc")), ErrNoKeys},
		{"no id", keySet(t, withMember(ec, "kid", nil)), ErrKeyID},
		{"id twice", keySet(t, ec, withMember(ed, "kid", "ec")), ErrKeyID},
		{"no type", keySet(t, withMember(ec, "kty", nil)), ErrKeyType},
		{"another curve", keySet(t, withMember(ec, "crv", "P-384")), ErrKeyType},
		{"curve of another type", keySet(t, withMember(ec, "crv", "Ed25519")), ErrKeyType},
		{"X25519", keySet(t, withMember(ed, "crv", "X25519")), ErrKeyType},
		{"private", keySet(t, withMember(ec, "d", "AQ")), ErrKeyPrivate},
		{"private, empty value", keySet(t, withMember(ec, "d", "")), ErrKeyPrivate},
		{"private, number for text", keySet(t, withMember(ec, "d", 1)), ErrKeyPrivate},
		{"symmetric, empty value", keySet(t, withMember(ec, "k", "")), ErrKeyPrivate},
		{"symmetric", keySet(t, members{"kty": "oct", "kid": "k", "k": b64(secret)}), ErrKeyPrivate},
		{"another algorithm", keySet(t, withMember(rsa, "alg", "HS256")), ErrKeyUse},
		{"RS512", keySet(t, withMember(rsa, "alg", "RS512")), ErrKeyUse},
		{"another use", keySet(t, withMember(rsa, "use", "wrap")), ErrKeyUse},
		{"to sign with", keySet(t, withMember(rsa, "key_ops", []string{"sign"})), ErrKeyUse},
		{"no modulus", keySet(t, withMember(rsa, "n", nil)), ErrKeyValue},
		{"modulus 0", keySet(t, withMember(rsa, "n", b64(make([]byte, 256)))), ErrKeyWeak},
		{"short modulus", keySet(t, withMember(rsa, "n", b64(i.rsa.N.Bytes()[:128]))), ErrKeyWeak},
		{"no exponent", keySet(t, withMember(rsa, "e", nil)), ErrKeyValue},
		{"exponent 1", keySet(t, withMember(rsa, "e", "AQ")), ErrKeyValue},
		{"even exponent", keySet(t, withMember(rsa, "e", "Ag")), ErrKeyValue},
		{"long exponent", keySet(t, withMember(rsa, "e", "AQAAAQ")), ErrKeyValue},
		{"long exponent, zero in front", keySet(t, withMember(rsa, "e", "AAEAAQ")), ErrKeyValue},
		{"short coordinate", keySet(t, withMember(ec, "x", b64(make([]byte, 31)))), ErrKeyValue},
		{"long coordinate", keySet(t, withMember(ec, "y", b64(make([]byte, 33)))), ErrKeyValue},
		{"long coordinate, zero in front", keySet(t, withMember(ec, "x", longX)), ErrKeyValue},
		{"not on the curve", keySet(t, withMember(ec, "x", b64(make([]byte, 32)))), ErrKeyValue},
		{"short Ed25519", keySet(t, withMember(ed, "x", b64(make([]byte, 31)))), ErrKeyValue},
		{"padding", keySet(t, withMember(ed, "x", "AQ==")), ErrKeyValue},
		{"stray bits", keySet(t, withMember(rsa, "e", "AR")), ErrKeyValue},
		{"stray bits of a full key", keySet(t, withMember(ed, "x", strayX)), ErrKeyValue},
		{"number for text", keySet(t, withMember(rsa, "e", 65537)), ErrKeySet},
	} {
		if keys, err := ParseKeySet(test.text); !errors.Is(err, test.want) || keys != nil {
			t.Errorf("%s: %d keys, %v, want %v", test.name, len(keys), err, test.want)
		}
	}
}

// TestKeySetOddForms shows that values with leading zeros or padding, as some issuers write them,
// are accepted, and that members of other types of keys are ignored.
func TestKeySetOddForms(t *testing.T) {
	i := newIssuer(t)
	rsa, ec, ed := i.jwks(t)
	rsa["n"] = b64(append([]byte{0}, i.rsa.N.Bytes()...))
	ed["x"] = ed["x"].(string) + "="
	ec["e"] = "AQAAAQ"
	keys, err := ParseKeySet(keySet(t, rsa, ec, ed))
	if err != nil || len(keys) != 3 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	j := NewJWT(JWTConfig{Keys: keys})
	claims := jwt.MapClaims{"sub": "u1", "name": "Ann", "exp": time.Now().Add(time.Hour).Unix()}
	j.mustAdmit(t, "RSA", signWith(t, jwt.SigningMethodRS256, i.rsa, claims, map[string]any{"kid": "rsa"}))
	j.mustAdmit(t, "Ed25519", signWith(t, jwt.SigningMethodEdDSA, i.ed25519, claims, map[string]any{"kid": "ed"}))
}
