package engine

import (
	"hash/maphash"
	"sync"
)

const shards = 64

// table finds rooms by name. A shard's lock is held for a map access and never
// while waiting; it comes after a room's lock where both are held.
type table struct {
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu     sync.Mutex
	rooms  map[string]*room
	sealed bool // no room may be added any more
}

func newTable() *table {
	t := &table{seed: maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].rooms = make(map[string]*room)
	}
	return t
}

func (t *table) shard(name string) *shard {
	return &t.shards[maphash.String(t.seed, name)%shards]
}

// open returns the room of that name, which it makes, under the shard's lock,
// if there is none, and counts the caller among those who wait for it. It returns
// nil when the table is sealed.
func (t *table) open(name string, make func() *room) *room {
	s := t.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed {
		return nil
	}
	r := s.rooms[name]
	if r == nil {
		r = make()
		s.rooms[name] = r
	}
	r.waiters.Add(1)
	return r
}

// find returns the room of that name, nil if there is none.
func (t *table) find(name string) *room {
	s := t.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[name]
}

// drop forgets r, unless another room has taken its name.
func (t *table) drop(r *room) {
	s := t.shard(r.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(r)
}

// dropUnused forgets r unless somebody waits for it, and says whether it did.
func (t *table) dropUnused(r *room) bool {
	s := t.shard(r.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.waiters.Load() > 0 {
		return false
	}
	s.forget(r)
	return true
}

func (s *shard) forget(r *room) {
	if s.rooms[r.name] == r {
		delete(s.rooms, r.name)
	}
}

// seal lets no room in any more and returns those that are there.
func (t *table) seal() (rooms []*room) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		s.sealed = true
		for _, r := range s.rooms {
			rooms = append(rooms, r)
		}
		s.mu.Unlock()
	}
	return rooms
}
