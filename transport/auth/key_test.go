package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// TestPublicKeys shows that each type of key verifies tokens of its own algorithm, alone and among
// others.
func TestPublicKeys(t *testing.T) {
	i := newIssuer(t)
	tokens := map[string]string{
		"RS256": sign(t, jwt.SigningMethodRS256, i.rsa, nil),
		"ES256": sign(t, jwt.SigningMethodES256, i.ec, nil),
		"EdDSA": sign(t, jwt.SigningMethodEdDSA, i.ed25519, nil),
		"HS256": sign(t, jwt.SigningMethodHS256, secret, nil),
	}
	keys := map[string]Key{
		"RS256": mustParsePublicKey(t, i.rsa.Public()),
		"ES256": mustParsePublicKey(t, i.ec.Public()),
		"EdDSA": mustParsePublicKey(t, i.ed25519.Public()),
		"HS256": SecretKey(secret),
	}
	var all []Key
	for algorithm, k := range keys {
		all = append(all, k)
		for signed, token := range tokens {
			if j := NewJWT(JWTConfig{Keys: []Key{k}}); signed == algorithm {
				j.mustAdmit(t, signed, token)
			} else {
				j.mustRefuse(t, signed+" with a key for "+algorithm, token, "token signature invalid")
			}
		}
	}
	j := NewJWT(JWTConfig{Keys: all})
	for signed, token := range tokens {
		j.mustAdmit(t, signed, token)
	}
	j.mustRefuse(t, "RS512", sign(t, jwt.SigningMethodRS512, i.rsa, nil), "token signature invalid")
	j.mustRefuse(t, "PS256", sign(t, jwt.SigningMethodPS256, i.rsa, nil), "token signature invalid")
	other := newIssuer(t)
	j.mustRefuse(t, "another RSA key", sign(t, jwt.SigningMethodRS256, other.rsa, nil), "token signature invalid")
	j.mustRefuse(t, "another EC key", sign(t, jwt.SigningMethodES256, other.ec, nil), "token signature invalid")
	j.mustRefuse(t, "another Ed25519 key", sign(t, jwt.SigningMethodEdDSA, other.ed25519, nil), "token signature invalid")
}

// TestKeyConfusion shows that tokens made with public information are refused: without an
// algorithm, or signed with a public key as the secret.
func TestKeyConfusion(t *testing.T) {
	i := newIssuer(t)
	for name, public := range map[string]any{"RSA": i.rsa.Public(), "EC": i.ec.Public(), "Ed25519": i.ed25519.Public()} {
		text := publicPEM(t, public)
		der, _ := pem.Decode(text)
		alone := []Key{mustParsePublicKey(t, public)}
		for _, keys := range [][]Key{alone, append(alone, SecretKey(secret))} {
			j := NewJWT(JWTConfig{Keys: keys})
			for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
				j.mustRefuse(t, name+" in PEM, "+method.Alg(), sign(t, method, text, nil), "token signature invalid")
				j.mustRefuse(t, name+" in DER, "+method.Alg(), sign(t, method, der.Bytes, nil), "token signature invalid")
			}
			j.mustRefuse(t, name+", none", sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), "token signature invalid")
		}
	}
}

// TestParsePublicKey checks the errors of texts that are not a usable public key.
func TestParsePublicKey(t *testing.T) {
	i := newIssuer(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(i.ec)
	if err != nil {
		t.Fatal(err)
	}
	good := publicPEM(t, i.ec.Public())
	for _, test := range []struct {
		name string
		text []byte
		want error
	}{
		{"good", good, nil},
		{"space around it", append([]byte("\n"), append(good, "\n\n"...)...), nil},
		{"empty", nil, ErrKeyForm},
		{"no PEM", []byte("secret"), ErrKeyForm},
		{"two", append(good, good...), ErrKeyForm},
		{"another block", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE"}), ErrKeyForm},
		{"nothing in it", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY"}), ErrKeyForm},
		{"private", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), ErrKeyPrivate},
		{"weak", publicPEM(t, weak.Public()), ErrKeyWeak},
		{"P-384", publicPEM(t, p384.Public()), ErrKeyType},
	} {
		if _, err := ParsePublicKey(test.text); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
