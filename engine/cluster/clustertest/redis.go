package clustertest

import (
	"crypto/rand"
	"sync"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// Redis is a Redis with one shard, in memory. Its methods are safe for concurrent use.
type Redis struct {
	mu    sync.Mutex
	up    bool
	runID string
	state *state
	saved []*state // what replicas have, the newest last
}

// NewRedis returns an empty Redis.
func NewRedis() *Redis {
	return &Redis{up: true, runID: rand.Text(), state: newState()}
}

// SetUp sets whether the Redis can be reached.
func (r *Redis) SetUp(up bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up = up
}

// replicas is how many replicas there are.
const replicas = 4

// Replicate copies everything to one of the replicas, that which lags most.
func (r *Redis) Replicate() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.saved = append(r.saved[max(0, len(r.saved)+1-replicas):], r.state.clone())
}

// Failover puts a replica in the place of the Redis, with what it had at its last Replicate: of the
// newest one, or of one that lags by so many calls of Replicate. It reports whether there is one.
func (r *Redis) Failover(lag int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if lag >= len(r.saved) {
		return false
	}
	r.state, r.runID, r.up = r.saved[len(r.saved)-1-lag].clone(), rand.Text(), true
	return true
}

// Without takes a rule of the Redis away, to show what that rule is for: "fence", writes compare
// the lease; "tombstone", what was dropped stays dropped.
func (r *Redis) Without(rule string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.without = rule
}

// Unfenced returns how many writes there were of nodes that were not the owner, which needs
// Without("fence").
func (r *Redis) Unfenced() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.unfenced
}

// Restart restarts the Redis; it loses nothing.
func (r *Redis) Restart() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runID = rand.Text()
}

// Empty removes everything, as FLUSHALL does.
func (r *Redis) Empty() {
	r.mu.Lock()
	defer r.mu.Unlock()
	without := r.state.without
	r.state, r.saved = newState(), nil
	r.state.without = without
}

// Drop drops a room as an expiry does: if nobody has it, and no late update waits. It reports
// whether it did.
func (r *Redis) Drop(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	room := r.state.rooms[name]
	if room == nil || room.current(name).Node != "" || len(room.late) > 0 || room.incarnation == 0 {
		return false
	}
	if r.state.without != "tombstone" {
		room.dropped = room.incarnation
	}
	room.incarnation, room.snapshot, room.rows = 0, nil, nil
	return true
}

// Owner returns the owner of a room.
func (r *Redis) Owner(name string) cluster.Lease {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.room(name).current(name)
}

// generation returns the id of this Redis; the marker is made if it is missing.
func (r *Redis) generation() (generation string, emptied bool) {
	if r.state.marker == "" {
		r.state.marker, emptied = rand.Text(), true
	}
	return r.state.marker + "." + r.runID, emptied
}
