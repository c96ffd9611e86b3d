package redis

import "sync"

// knownRooms is what Redis is known to have of rooms that this process has leases of.
type knownRooms struct {
	mu    sync.Mutex // guards rooms
	rooms map[string]knownRoom
}

// knownRoom is what Redis has of a room, as long as the lease is the one with the fence.
type knownRoom struct {
	fence       uint64
	version     uint64 // 0: not known
	incarnation uint64 // of the rows for which the journal is open; 0: it may be closed
}

// lag is by how much a stored version may be behind. Who takes a room over adds more than that.
const lag = 4096

// raised returns the version that is to be sent with a renewal; 0: none, as Redis has one that is
// near enough. It is taken for sent.
func (k *knownRooms) raised(l Lease, version uint64) uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	room, ok := k.of(l)
	if ok && room.version != 0 && version < room.version+lag {
		return 0
	}
	room.version = version
	k.rooms[l.Room] = room
	return version
}

// of returns what is known of the room of a lease; mu is held.
func (k *knownRooms) of(l Lease) (room knownRoom, ok bool) {
	if k.rooms == nil {
		k.rooms = map[string]knownRoom{}
	}
	if room, ok = k.rooms[l.Room]; room.fence != l.Fence {
		return knownRoom{fence: l.Fence}, false
	}
	return room, ok
}

// opened notes that the journal of a room is open for rows of an incarnation.
func (k *knownRooms) opened(l Lease, incarnation uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	room, _ := k.of(l)
	room.incarnation = incarnation
	k.rooms[l.Room] = room
}

// open returns the indexes of rows whose rooms' journals are open, and that are the only ones of
// their rooms; and of all others, in order.
func (k *knownRooms) open(rows []FencedRow) (open, others []int) {
	g := groupRows(rows)
	open = make([]int, 0, len(g.groups))
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, group := range g.groups {
		row := &rows[group.first]
		room, ok := k.of(row.Lease)
		if ok && group.rows == 1 && room.incarnation == row.Incarnation && row.Incarnation != 0 {
			open = append(open, group.first)
			continue
		}
		for i := group.first; i >= 0; i = g.next[i] {
			others = append(others, i)
		}
	}
	return open, others
}

// close notes that the journal of a room may be closed.
func (k *knownRooms) close(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if room, ok := k.rooms[name]; ok {
		room.incarnation = 0
		k.rooms[name] = room
	}
}

// forget forgets a room.
func (k *knownRooms) forget(room string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.rooms, room)
}
