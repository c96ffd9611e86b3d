package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Errors of ParseKeySet.
var (
	ErrKeySet   = errors.New("not a JSON Web Key Set")
	ErrKeyID    = errors.New("kid is missing or not unique")
	ErrKeyValue = errors.New("a value that the key needs is missing or malformed")
	ErrKeyUse   = errors.New("alg, use or key_ops do not fit a key that checks signatures")
	ErrNoKeys   = errors.New("no key that checks signatures")
)

// jwk is a JSON Web Key: RFC 7517, 4; RFC 7518, 6; RFC 8037, 2.
type jwk struct {
	Type   string
	ID     string
	Alg    string
	Use    string
	Ops    []string
	Curve  string
	N      bits
	E      bits
	X      bits
	Y      bits
	D      any // of private keys
	Secret any // of symmetric ones
}

// UnmarshalJSON implements json.Unmarshaler.
func (j *jwk) UnmarshalJSON(b []byte) error {
	return decodeMembers(b, map[string]any{
		"kty": &j.Type, "kid": &j.ID, "alg": &j.Alg, "use": &j.Use, "key_ops": &j.Ops, "crv": &j.Curve,
		"n": &j.N, "e": &j.E, "x": &j.X, "y": &j.Y, "d": &j.D, "k": &j.Secret,
	})
}

// bits are bytes whose text is base64url without padding.
type bits []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *bits) UnmarshalText(text []byte) (err error) {
	*b, err = base64.RawURLEncoding.Strict().DecodeString(string(text))
	return err
}

// ParseKeySet parses a JSON Web Key Set (RFC 7517, 5) of public keys, each with a "kid" of its own.
// It leaves out keys with the use "enc". A key that is malformed, or of a type that ParsePublicKey
// does not take, makes it fail.
func ParseKeySet(text []byte) ([]Key, error) {
	var set []jwk
	if err := decodeMembers(text, map[string]any{"keys": &set}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeySet, err)
	}
	var keys []Key
	for i, j := range set {
		if j.Use == "enc" {
			continue
		}
		k, err := j.key()
		if err == nil && slices.ContainsFunc(keys, func(o Key) bool { return o.id == k.id }) {
			err = ErrKeyID
		}
		if err != nil {
			return nil, fmt.Errorf("key %d of %d: %w", i+1, len(set), err)
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, ErrNoKeys
	}
	return keys, nil
}

func (j *jwk) key() (Key, error) {
	switch {
	case j.D != nil || j.Secret != nil:
		return Key{}, ErrKeyPrivate
	case j.ID == "":
		return Key{}, ErrKeyID
	}
	public, err := j.public()
	if err != nil {
		return Key{}, err
	}
	k, err := publicKey(j.ID, public)
	if err == nil && !j.verifies(k) {
		err = ErrKeyUse
	}
	return k, err
}

// verifies reports whether the key may be used to verify signatures, as far as its optional
// members say.
func (j *jwk) verifies(k Key) bool {
	return (j.Alg == "" || slices.Contains(k.algorithms, j.Alg)) &&
		(j.Use == "" || j.Use == "sig") &&
		(j.Ops == nil || slices.Contains(j.Ops, "verify"))
}

func (j *jwk) public() (any, error) {
	switch [2]string{j.Type, j.Curve} {
	case [2]string{"RSA", ""}:
		return j.rsa()
	case [2]string{"EC", "P-256"}:
		return j.p256()
	case [2]string{"OKP", "Ed25519"}:
		if len(j.X) != ed25519.PublicKeySize {
			return nil, ErrKeyValue
		}
		return ed25519.PublicKey(j.X), nil
	}
	return nil, ErrKeyType
}

func (j *jwk) rsa() (any, error) {
	const maxExponent = 3 // bytes, enough for 65537; crypto/rsa takes up to 31 bits
	e := new(big.Int).SetBytes(j.E)
	if len(j.E) > maxExponent || e.Bit(0) == 0 || e.Cmp(big.NewInt(1)) <= 0 {
		return nil, ErrKeyValue
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(j.N), E: int(e.Int64())}, nil
}

func (j *jwk) p256() (any, error) {
	const coordinate = 32 // bytes
	if len(j.X) != coordinate || len(j.Y) != coordinate {
		return nil, ErrKeyValue
	}
	point := slices.Concat([]byte{4}, j.X, j.Y) // SEC 1, 2.3.3, uncompressed
	k, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, ErrKeyValue
	}
	return k, nil
}
