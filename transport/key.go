package transport

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

// Key checks signatures of tokens, with the algorithms of its own type and with no
// other: a public key's bytes are nobody's secret.
type Key struct {
	id         string   // tokens must name it as "kid"; empty: they need not
	algorithms []string // as "alg" has them
	key        any      // as golang-jwt wants it
}

// What is wrong with a key.
var (
	ErrKeyForm    = errors.New("not a public key in PEM")
	ErrKeyPrivate = errors.New("a private key: the public one is enough, and this one must stay with the issuer")
	ErrKeyType    = errors.New("not an RSA, EC P-256 or Ed25519 key")
	ErrKeyWeak    = errors.New("an RSA key of fewer than 2048 bits")
)

// SecretKey is for HS256, HS384 and HS512. It keeps the slice.
func SecretKey(secret []byte) Key {
	return Key{algorithms: []string{"HS256", "HS384", "HS512"}, key: secret}
}

// ParsePublicKey reads one PEM block "PUBLIC KEY": RSA is for RS256, EC P-256 for
// ES256, Ed25519 for EdDSA.
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

const leastModulus = 2048 // bits

func publicKey(id string, public any) (Key, error) {
	algorithm := ""
	switch k := public.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < leastModulus {
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

// checks says whether the key may be tried on a token with these in its header.
func (k *Key) checks(algorithm, id string) bool {
	return slices.Contains(k.algorithms, algorithm) && (k.id == "" || k.id == id)
}
