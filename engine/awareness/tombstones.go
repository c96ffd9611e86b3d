package awareness

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

const (
	tombstoneLife = time.Minute // longer than any client remembers a state without renewal
	maxTombstones = 1024
)

// tombstones remembers for tombstoneLife at which clock client ids were removed. When it is full it
// forgets the oldest first. The zero value is empty.
type tombstones struct {
	byClient map[uint64]tombstone
	order    []removal // the oldest first; has also ids that are back or were removed again later
}

// tombstone is the removal of a client id.
type tombstone struct {
	clock     uint64
	user      *user // of the last owner
	hadCursor bool
	relayed   bool // as in state
	refused   bool // a peer that relayed it since was sent the removal
}

type removal struct {
	client, clock uint64
	at            time.Time
}

func (s *tombstones) add(client uint64, t tombstone, now time.Time) {
	if s.expire(now); len(s.order) >= maxTombstones {
		s.dropOldest()
	}
	if s.byClient == nil {
		s.byClient = make(map[uint64]tombstone)
	}
	s.byClient[client] = t
	s.order = append(s.order, removal{client, t.clock, now})
}

// expire drops tombstones older than tombstoneLife, and with the last one the memory for them.
func (s *tombstones) expire(now time.Time) {
	for len(s.order) > 0 && now.Sub(s.order[0].at) >= tombstoneLife {
		s.dropOldest()
	}
	if len(s.order) == 0 {
		*s = tombstones{}
	}
}

func (s *tombstones) dropOldest() {
	old := s.order[0]
	if s.byClient[old.client].clock == old.clock {
		delete(s.byClient, old.client)
	}
	s.order = s.order[1:]
}

// remove drops the tombstone of a client that is back.
func (s *tombstones) remove(client uint64) { delete(s.byClient, client) }

func (s *tombstones) find(client uint64) (tombstone, bool) {
	t, ok := s.byClient[client]
	return t, ok
}

// append appends an update about each tombstone, for a peer that is sent the whole room. They
// remove no cursors, as such a peer has none of theirs.
func (s *tombstones) append(dst []update) []update {
	for client, t := range s.byClient {
		u := t.update(client)
		u.moved = false
		dst = append(dst, u)
	}
	return dst
}

func (t tombstone) update(client uint64) update {
	return update{
		AwarenessEntry: yjs.AwarenessEntry{Client: client, Clock: t.clock},
		user:           t.user, cursor: noCursor, changed: true, moved: t.hadCursor,
	}
}
