package fanout

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"sync/atomic"
)

// secret is the secret of the nodes, which can be replaced.
type secret struct{ header atomic.Pointer[string] } // as it is in the header of a request

// SetSecret replaces the secret of the nodes.
func (s *secret) SetSecret(text string) { s.header.Store(new("Bearer " + text)) }

// sign adds the secret to a request.
func (s *secret) sign(r *http.Request) { r.Header.Set("Authorization", *s.header.Load()) }

// signed reports whether a request has the secret. Hashes are compared, as a comparison in constant
// time needs equal lengths.
func (s *secret) signed(r *http.Request) bool {
	want := sha256.Sum256([]byte(*s.header.Load()))
	got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
