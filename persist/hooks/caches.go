package hooks

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// key is a hash of a question, or of a token.
type key [sha256.Size]byte

// keyOf hashes texts together with their lengths.
func keyOf(texts ...string) key {
	var all []byte
	for _, t := range texts {
		all = append(binary.AppendUvarint(all, uint64(len(t))), t...)
	}
	return sha256.Sum256(all)
}

// Question is whether the bearer of a token, at an address, may open a room.
type Question struct {
	Token, Room string
	Address     string // of the client; empty: not known
}

func (q Question) key() key { return keyOf(q.Token, q.Room, q.Address) }

// String returns nothing: a part is secret.
func (q Question) String() string { return "hooks.Question{…}" }

// GoString does the same for %#v.
func (q Question) GoString() string { return q.String() }

// sessionCache holds the answers about tokens, by the hashes of the questions.
type sessionCache struct {
	flight singleflight.Group // of calls with one question

	mu      sync.Mutex // a leaf; guards everything below
	live    *simplelru.LRU[key, session]
	refused *simplelru.LRU[key, httpcall.Refusal]
	dropped *simplelru.LRU[key, time.Time] // by token: older answers do not hold
}

// session is the last answer that admits the bearer of a token.
type session struct {
	grant   Grant
	retryAt time.Time // when the receiver may be asked again after it failed
}

func (s *sessionCache) init(size int) {
	s.live, _ = simplelru.NewLRU[key, session](size, nil) // the size is positive
	s.refused, _ = simplelru.NewLRU[key, httpcall.Refusal](2*size, nil)
	s.dropped, _ = simplelru.NewLRU[key, time.Time](size, nil)
}

// usable reports whether a session may be used at all: it has not expired, and the receiver should
// have been asked again less than maxStale ago, if at all.
func (v session) usable(now time.Time, maxStale time.Duration) bool {
	expired := !v.grant.Expires.IsZero() && !now.Before(v.grant.Expires)
	return !expired && now.Sub(v.grant.Until) < maxStale
}
