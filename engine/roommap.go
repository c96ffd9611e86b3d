package engine

import (
	"hash/maphash"
	"sync"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

const shards = 64

// roomMap finds rooms by their keys. A shard's lock is held for one access of its map, and never
// while waiting. It may be taken while a room's lock is held, not the other way round.
type roomMap struct {
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu     sync.Mutex
	rooms  map[roomkey.Key]*room
	closed bool // no room may be added any more
}

func newRoomMap() *roomMap {
	t := &roomMap{seed: maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].rooms = make(map[roomkey.Key]*room)
	}
	return t
}

func (t *roomMap) shard(key roomkey.Key) *shard {
	return &t.shards[maphash.String(t.seed, key.String())%shards]
}

// open returns the room of that key, after making it if there is none, and counts the caller among
// its waiters. It returns nil when the map is closed. make is called with the shard's lock held.
func (t *roomMap) open(key roomkey.Key, make func() *room) *room {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	r := s.rooms[key]
	if r == nil {
		r = make()
		s.rooms[key] = r
	}
	r.waiters.Add(1)
	return r
}

// add adds a room, and returns nil; or returns the room of that key, if there is one. open is false
// when the map is closed. make is called with the shard's lock held.
func (t *roomMap) add(key roomkey.Key, make func() *room) (old *room, open bool) {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.rooms[key]; old != nil || s.closed {
		return old, !s.closed
	}
	s.rooms[key] = make()
	return nil, true
}

// replace puts another room in the place of r. It returns false if r has no place, or the map is
// closed. make is called with the shard's lock held.
func (t *roomMap) replace(r *room, make func() *room) bool {
	s := t.shard(r.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.rooms[r.key] != r {
		return false
	}
	s.rooms[r.key] = make()
	return true
}

// find returns the room of that key; nil if there is none.
func (t *roomMap) find(key roomkey.Key) *room {
	s := t.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[key]
}

// drop removes r, unless another room has taken its key.
func (t *roomMap) drop(r *room) {
	s := t.shard(r.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(r)
}

// dropUnused removes r and returns true, or returns false if a join waits for it.
func (t *roomMap) dropUnused(r *room) bool {
	s := t.shard(r.key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.waiters.Load() > 0 {
		return false
	}
	s.forget(r)
	return true
}

func (s *shard) forget(r *room) {
	if s.rooms[r.key] == r {
		delete(s.rooms, r.key)
	}
}

// all returns all rooms. Each shard's lock is held while its rooms are copied.
func (t *roomMap) all() (rooms []*room) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		if rooms == nil {
			rooms = make([]*room, 0, (len(s.rooms)+8)*shards)
		}
		for _, r := range s.rooms {
			rooms = append(rooms, r)
		}
		s.mu.Unlock()
	}
	return rooms
}

// close makes open return nil from now on, and returns all rooms.
func (t *roomMap) close() (rooms []*room) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		s.closed = true
		for _, r := range s.rooms {
			rooms = append(rooms, r)
		}
		s.mu.Unlock()
	}
	return rooms
}

// loadedOnly returns the rooms that have been loaded.
func loadedOnly(rooms []*room) (loaded []*room) {
	for _, r := range rooms {
		select {
		case <-r.loaded:
			loaded = append(loaded, r)
		default:
		}
	}
	return loaded
}
