package auth

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"
)

// Errors of a key set.
var (
	ErrKeySet   = errors.New("not a JSON Web Key Set")
	ErrKeyID    = errors.New("kid is missing or not unique")
	ErrKeyValue = errors.New("a value that the key needs is missing or malformed")
	ErrKeyUse   = errors.New("alg, use or key_ops do not fit a key that verifies signatures")
	ErrNoKeys   = errors.New("no key that verifies signatures")
)

// ParseKeySet reads a JSON Web Key Set (RFC 7517): public keys, each with a unique kid. Keys of
// the use "enc" are left out. It fails if tokens cannot be verified with any of the others.
func ParseKeySet(text []byte) ([]Key, error) {
	keys, faults, err := parseKeySet(text)
	if len(faults) > 0 {
		return nil, faults[0]
	}
	return keys, err
}

// parseKeySet returns the keys of a set that can verify tokens, at least one, and an error for each
// of the others. No error quotes the set.
func parseKeySet(text []byte) (keys []Key, faults []error, err error) {
	var set []json.RawMessage
	if decodeMembers(text, map[string]any{"keys": &set}) != nil {
		return nil, nil, ErrKeySet
	}
	for i, text := range set {
		k, err := parseKey(text)
		if err == nil && slices.ContainsFunc(keys, func(o Key) bool { return o.id == k.id }) {
			err = ErrKeyID
		}
		switch {
		case err == nil:
			keys = append(keys, k)
		case err != errEncryption:
			faults = append(faults, fmt.Errorf("key %d of %d: %w", i+1, len(set), err))
		}
	}
	if len(keys) == 0 {
		return nil, faults, ErrNoKeys
	}
	return keys, faults, nil
}

// errEncryption marks a key that is for encryption, to tell it from a key that is wrong.
var errEncryption = errors.New("a key for encryption")

// parseKey reads a public key that verifies signatures.
func parseKey(text []byte) (Key, error) {
	var j jwk
	switch err := json.Unmarshal(text, &j); {
	case err != nil:
		return Key{}, ErrKeySet
	case j.USE == jwkset.UseEnc:
		return Key{}, errEncryption
	case j.private != nil || j.secret != nil:
		return Key{}, ErrKeyPrivate
	case j.KID == "":
		return Key{}, ErrKeyID
	}
	public, err := j.public()
	if err != nil {
		return Key{}, err
	}
	k, err := publicKey(j.KID, public)
	if err == nil && !j.verifies(k) {
		err = ErrKeyUse
	}
	return k, err
}

// jwk is a JSON Web Key (RFC 7517; 7518, 6; 8037, 2).
type jwk struct {
	jwkset.JWKMarshal
	private any // "d" of a private key, whatever its form; nil: it has none
	secret  any // "k" of a symmetric key, likewise
}

// UnmarshalJSON implements json.Unmarshaler. It reads, by their exact names, the members of public
// keys, and those by which private and symmetric keys are recognized.
func (j *jwk) UnmarshalJSON(b []byte) error {
	return decodeMembers(b, map[string]any{
		"kty": &j.KTY, "kid": &j.KID, "alg": &j.ALG, "use": &j.USE, "key_ops": &j.KEYOPS,
		"crv": &j.CRV, "n": &j.N, "e": &j.E, "x": &j.X, "y": &j.Y, "d": &j.private, "k": &j.secret,
	})
}

// verifies reports whether the purposes that the key names, if any, include verifying signatures.
func (j *jwk) verifies(k Key) bool {
	return (j.ALG == "" || slices.Contains(k.algorithms, string(j.ALG))) &&
		(j.USE == "" || j.USE == jwkset.UseSig) &&
		(j.KEYOPS == nil || slices.Contains(j.KEYOPS, jwkset.KeyOpsVerify))
}

// public returns the key in the type of package crypto.
func (j *jwk) public() (any, error) {
	switch [2]string{string(j.KTY), string(j.CRV)} {
	case [2]string{"RSA", ""}, [2]string{"EC", "P-256"}, [2]string{"OKP", "Ed25519"}:
	default:
		return nil, ErrKeyType
	}
	if !j.wellFormed() {
		return nil, ErrKeyValue
	}
	options := jwkset.JWKValidateOptions{SkipUse: true, SkipKeyOps: true} // verifies checks them
	k, err := jwkset.NewJWKFromMarshal(j.JWKMarshal, jwkset.JWKMarshalOptions{}, options)
	if err != nil {
		return nil, ErrKeyValue
	}
	if public, ok := k.Key().(*rsa.PublicKey); ok && public.E%2 == 0 {
		return nil, ErrKeyValue
	}
	return k.Key(), nil
}

// wellFormed reports whether the values of the key are base64url of the right length, which jwkset
// checks for some only: 32 bytes for a coordinate of P-256, and at most three for an RSA exponent,
// as every issuer uses 65537, and a long exponent costs time.
func (j *jwk) wellFormed() bool {
	const coordinate, maxExponent = 32, 3
	n, e, x, y := decodedLen(j.N), decodedLen(j.E), decodedLen(j.X), decodedLen(j.Y)
	return min(n, e, x, y) >= 0 &&
		(j.KTY != jwkset.KtyRSA || e <= maxExponent) &&
		(j.KTY != jwkset.KtyEC || x == coordinate && y == coordinate)
}

// decodedLen returns the length in bytes of a base64url value, -1 if it is malformed. Padding is
// allowed, as some issuers write it; bits beyond the last byte must be zero.
func decodedLen(value string) int {
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(value, "="))
	if err != nil {
		return -1
	}
	return len(b)
}
