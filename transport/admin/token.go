package admin

import (
	"crypto/sha256"
	"crypto/subtle"
)

// secret is the hash of a token. Hashes are compared, as a comparison in constant time needs equal
// lengths.
type secret [sha256.Size]byte

func newSecret(token string) *secret {
	s := secret(sha256.Sum256([]byte(token)))
	return &s
}

func (s *secret) is(token string) bool {
	other := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(s[:], other[:]) == 1
}

// sameSecret reports whether two hashes are of the same token; nil: none is needed.
func sameSecret(a, b *secret) bool { return a == b || a != nil && b != nil && *a == *b }
