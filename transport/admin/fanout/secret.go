package fanout

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// secret is the secret of the nodes, as it is in the header of a request.
type secret string

func newSecret(text string) secret { return secret("Bearer " + text) }

// sign adds the secret to a request.
func (s secret) sign(r *http.Request) { r.Header.Set("Authorization", string(s)) }

// signed reports whether a request has the secret. Hashes are compared, as a comparison in constant
// time needs equal lengths.
func (s secret) signed(r *http.Request) bool {
	want := sha256.Sum256([]byte(s))
	got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
