package civicpress

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// maxToken is the longest token in bytes: far longer than those of CivicPress, and short enough for
// a header.
const maxToken = 4096

// key is the hash of a token, under which caches have it.
type key [sha256.Size]byte

func keyOf(token string) key { return sha256.Sum256([]byte(token)) }

// signingKey derives the key of session tokens from CivicPress' secret, as its code does: an odd
// digit at the end is ignored.
func signingKey(secret string) ([]byte, error) {
	raw, err := hex.DecodeString(secret[:len(secret)&^1])
	if err != nil || len(raw) < 32 {
		return nil, fmt.Errorf("%w: the secret is not 64 hexadecimal digits or more", ErrConfig)
	}
	return hkdf.Key(sha256.New, raw, []byte("civicpress-secrets-v1"), "session:signing", 32)
}

// signed reports whether a token is <64 hex>.<64 hex>, the second being the HMAC of the first. That
// proves that CivicPress made it, not that it is still valid.
func signed(token string, key []byte) bool {
	raw, signature, _ := strings.Cut(token, ".")
	if !digits(raw) || !digits(signature) {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(raw))
	return hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(signature))
}

func digits(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// sendable reports whether a token can be sent in a header after "Bearer ".
func sendable(token string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return token != "" && len(token) <= maxToken && !strings.ContainsFunc(token, odd)
}
