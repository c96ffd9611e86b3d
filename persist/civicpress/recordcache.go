package civicpress

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// recordCache holds the API's answers about records, by id, without the records' text.
type recordCache struct {
	flight singleflight.Group

	mu sync.Mutex // a leaf; guards everything below
	of *simplelru.LRU[string, *cachedRecord]
}

// cachedRecord is an entry of a recordCache.
type cachedRecord struct {
	shown    map[string]time.Time // by class of users: when a load last showed them the record
	complete Revision             // the last state that editors are known to be shown
	failure  httpcall.Refusal     // the reason that no user can be shown it
	retryAt  time.Time            // until then it cannot be known whether there is a draft
}

// maxClasses is the number of classes of users in an entry.
const maxClasses = 64

func (s *recordCache) init(size int) { s.of = newLRU[string, *cachedRecord](size) }

// update changes a record's entry, and makes one if there is none.
func (s *recordCache) update(id string, change func(*cachedRecord)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.of.Get(id)
	if !ok {
		r = &cachedRecord{}
		s.of.Add(id, r)
	}
	change(r)
}

// storeShown stores that the record was shown to users of a class, when it was asked for.
func (r *cachedRecord) storeShown(class string, asked time.Time) {
	if r.failure = (httpcall.Refusal{}); len(r.shown) >= maxClasses || r.shown == nil {
		r.shown = map[string]time.Time{}
	}
	if asked.After(r.shown[class]) {
		r.shown[class] = asked
	}
}

// get returns a copy of an entry without its shown, and the time from there of a class.
func (s *recordCache) get(id, class string) (r cachedRecord, shown time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.of.Get(id); ok {
		r, shown = *found, found.shown[class]
		r.shown = nil
	}
	return r, shown
}
