package civicpress

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// sessionCache holds the API's answers about tokens, by the tokens' hashes.
type sessionCache struct {
	flight singleflight.Group // of calls about a token

	mu      sync.Mutex // a leaf; guards everything below
	live    *simplelru.LRU[key, *session]
	refused *simplelru.LRU[key, httpcall.Refusal] // by the hash of a token, or with a record's id
	suspect *simplelru.LRU[key, struct{}]         // answered like expired ones; not checked yet
}

// session is the API's answer about a live session. It is never changed in place.
type session struct {
	user     User
	class    string    // classOf(user)
	userAt   time.Time // when the API was asked about the user
	aliveAt  time.Time // when the last call was made whose answer proves a live session
	editorAt time.Time // when the last call was made whose answer only an editor gets
	retryAt  time.Time // when the API may be asked again after it failed
	stale    bool      // the API has to be asked, regardless of the times above
}

func (s *sessionCache) init(size int) {
	s.live = newLRU[key, *session](size)
	s.refused = newLRU[key, httpcall.Refusal](2 * size)
	s.suspect = newLRU[key, struct{}](size)
}

// newLRU returns a map of at most size entries that forgets the least recently used one. It has
// no lock. The size is positive, as New has checked.
func newLRU[K comparable, V any](size int) *simplelru.LRU[K, V] {
	l, _ := simplelru.NewLRU[K, V](size, nil)
	return l
}

func (s *session) userCopy() User {
	u := s.user
	u.FetchedAt = s.userAt
	u.Permissions = slices.Clone(u.Permissions)
	return u
}

// classOf returns the class of a user: to users of one class the API answers the same about
// records.
func classOf(u User) string { return u.Role + "\x00" + strings.Join(u.Permissions, "\x00") }
