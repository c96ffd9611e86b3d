package redis

import "sync"

// sentVersions are the versions of rooms that Redis is known to have.
type sentVersions struct {
	mu    sync.Mutex // guards rooms
	rooms map[string]sentVersion
}

type sentVersion struct{ fence, version uint64 }

// lag is by how much a stored version may be behind. Who takes a room over adds more than that.
const lag = 4096

// raised returns the version that is to be sent with a renewal; 0: none, as Redis has one that is
// near enough. It is taken for sent.
func (s *sentVersions) raised(l Lease, version uint64) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.rooms[l.Room]
	if ok && known.fence == l.Fence && version < known.version+lag {
		return 0
	}
	if s.rooms == nil {
		s.rooms = map[string]sentVersion{}
	}
	s.rooms[l.Room] = sentVersion{l.Fence, version}
	return version
}

// forget forgets what was sent of a room.
func (s *sentVersions) forget(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rooms, room)
}
