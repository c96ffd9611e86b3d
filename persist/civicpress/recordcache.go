package civicpress

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"
)

// recordCache remembers what the API said about records, and none of their text.
type recordCache struct {
	flight singleflight.Group

	mu sync.Mutex // a leaf; guards everything below
	of *simplelru.LRU[string, *cachedRecord]
}

// cachedRecord is what is remembered of one record.
type cachedRecord struct {
	shown    map[string]time.Time // by class of people: when it was asked for that they were shown
	complete Revision             // the last state that is known to be what editors are shown
	failure  refusal              // why nobody can be shown it
	retryAt  time.Time            // until then there is no finding out whether there is a draft
}

// maxClasses is how many classes of people are remembered for one record.
const maxClasses = 64

func (s *recordCache) init(size int) { s.of = newLRU[string, *cachedRecord](size) }

// newLRU returns a map of at most size entries that forgets the least recently used one. It has
// no lock. The size is positive, as New has checked.
func newLRU[K comparable, V any](size int) *simplelru.LRU[K, V] {
	l, _ := simplelru.NewLRU[K, V](size, nil)
	return l
}

// update changes what is remembered of a record.
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

// storeShown notes that the record was shown to people of a class.
func (r *cachedRecord) storeShown(class string, asked time.Time) {
	if r.failure = (refusal{}); len(r.shown) >= maxClasses || r.shown == nil {
		r.shown = map[string]time.Time{}
	}
	if asked.After(r.shown[class]) {
		r.shown[class] = asked
	}
}

// get returns a copy, but for shown, which is when the record was shown to people of the class.
func (s *recordCache) get(id, class string) (r cachedRecord, shown time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.of.Get(id); ok {
		r, shown = *found, found.shown[class]
		r.shown = nil
	}
	return r, shown
}
