package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Key verifies signatures of tokens. It has the algorithms of its type only: the bytes of a public
// key must not serve as the secret of an HMAC.
type Key struct {
	id         string   // the "kid" that tokens must have; empty: any
	algorithms []string // values of "alg"
	key        any      // of the type that golang-jwt expects
}

// Errors of ParsePublicKey and ParseKeySet.
var (
	ErrKeyForm    = errors.New("not a public key in PEM")
	ErrKeyPrivate = errors.New("a private key: the public one is enough, " +
		"and this one must stay with the issuer")
	ErrKeyType = errors.New("not an RSA, EC P-256 or Ed25519 key")
	ErrKeyWeak = errors.New("an RSA key of fewer than 2048 bits")
)

// SecretKey returns the key for HS256, HS384 and HS512. It keeps the slice.
func SecretKey(secret []byte) Key {
	return Key{algorithms: []string{"HS256", "HS384", "HS512"}, key: secret}
}

// ParsePublicKey parses a PEM block "PUBLIC KEY" (RFC 7468, 13): an RSA key for RS256, an EC key
// on P-256 for ES256, or an Ed25519 key for EdDSA.
func ParsePublicKey(text []byte) (Key, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return Key{}, ErrKeyForm
	case strings.Contains(block.Type, "PRIVATE"):
		return Key{}, ErrKeyPrivate
	case block.Type != "PUBLIC KEY" || len(bytes.TrimSpace(rest)) > 0:
		return Key{}, ErrKeyForm
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrKeyForm, err)
	}
	return publicKey("", public)
}

// publicAlgorithms are the algorithms of public keys.
var publicAlgorithms = []string{"RS256", "ES256", "EdDSA"}

// minModulus is the length in bits of the shortest RSA key.
const minModulus = 2048

func publicKey(id string, public any) (Key, error) {
	algorithm := ""
	switch k := public.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minModulus {
			return Key{}, ErrKeyWeak
		}
		algorithm = "RS256"
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return Key{}, ErrKeyType
		}
		algorithm = "ES256"
	case ed25519.PublicKey:
		algorithm = "EdDSA"
	default:
		return Key{}, ErrKeyType
	}
	return Key{id: id, algorithms: []string{algorithm}, key: public}, nil
}

// fitting returns the keys that may verify a token with such a header.
func fitting(keys []Key, algorithm, id string) (fit []Key) {
	for _, k := range keys {
		if k.fits(algorithm, id) {
			fit = append(fit, k)
		}
	}
	return fit
}

// fits reports whether the key may verify a token with such a header.
func (k *Key) fits(algorithm, id string) bool {
	return slices.Contains(k.algorithms, algorithm) && (k.id == "" || k.id == id)
}
