package civicpress

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// maxToken is far above what CivicPress makes, and below what servers take in a header.
const maxToken = 4096

// key stands for a token wherever one is remembered.
type key [sha256.Size]byte

func keyOf(token string) key { return sha256.Sum256([]byte(token)) }

// signingKey derives what CivicPress signs session tokens with from its secret, as
// its own code does: an odd digit at the end counts for nothing.
func signingKey(secret string) ([]byte, error) {
	raw, err := hex.DecodeString(secret[:len(secret)&^1])
	if err != nil || len(raw) < 32 {
		return nil, fmt.Errorf("%w: the secret is not 64 hexadecimal digits or more", ErrConfig)
	}
	return hkdf.Key(sha256.New, raw, []byte("civicpress-secrets-v1"), "session:signing", 32)
}

// signed says whether a token is <64 hex>.<64 hex>, the second being the HMAC of
// the first. That proves where it is from, not that it is still good.
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

// sendable says whether a token can stand in a header, and after "Bearer ".
func sendable(token string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return token != "" && len(token) <= maxToken && !strings.ContainsFunc(token, odd)
}
