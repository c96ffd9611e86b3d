package transport

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// relay is a connection that was handed on to another node. Its fields up to pipe do not change.
type relay struct {
	id     uint64     // as conn.id
	peer   string     // address of the node
	client netip.Addr // as conn.clientAddr
	remote netip.Addr // as conn.peerAddr
	room   roomkey.Key
	slot   limit.Slot
	began  time.Duration // time of services.clock

	pipe *netpoll.Relay // nil until it has begun; guarded by relays.mu
	cut  bool           // it is to end; guarded by relays.mu

	// Owned by the sweep.
	toNode, toClient progress
	aborted          bool
}

// progress is one direction of a relay, as the sweep has seen it.
type progress struct {
	taken   uint32        // netpoll.Progress.Taken
	changed time.Duration // when that was last found changed
}

// relays are the connections that were handed on.
type relays struct {
	mu    sync.Mutex // guards everything below
	all   map[*relay]struct{}
	bytes [2]uint64     // of those that have ended: to nodes, to clients
	ended bool          // no more may begin
	empty chan struct{} // closed when the last has ended; nil until end

	// Of documents that other nodes serve, of connections that have several.
	documents          atomic.Int64
	toNodes, toClients atomic.Uint64 // bytes that were passed
}

// add adds a relay that is about to begin. It returns false when the server is shutting down.
func (s *relays) add(r *relay) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	if s.all == nil {
		s.all = map[*relay]struct{}{}
	}
	s.all[r] = struct{}{}
	return true
}

// begin records that a relay has begun. It may have ended meanwhile.
func (s *relays) begin(r *relay, pipe *netpoll.Relay) {
	s.mu.Lock()
	r.pipe = pipe
	cut := r.cut
	s.mu.Unlock()
	if cut {
		pipe.Abort()
	}
}

// abort ends a relay, soon.
func (s *relays) abort(r *relay) {
	s.mu.Lock()
	r.cut = true
	pipe := r.pipe
	s.mu.Unlock()
	if pipe != nil {
		pipe.Abort()
	}
}

// remove removes a relay that has ended.
func (s *relays) remove(r *relay, pipe *netpoll.Relay) {
	toNode, toClient := pipe.Progress()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes[0] += toNode.Bytes
	s.bytes[1] += toClient.Bytes
	delete(s.all, r)
	if s.empty != nil && len(s.all) == 0 {
		close(s.empty)
	}
}

// list returns all relays.
func (s *relays) list() (all []*relay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.all {
		all = append(all, r)
	}
	return all
}

func (s *relays) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// end ends all relays, and waits for that. No more may begin. It may be called twice.
func (s *relays) end() {
	s.mu.Lock()
	s.ended, s.empty = true, make(chan struct{})
	if len(s.all) == 0 {
		close(s.empty)
	}
	s.mu.Unlock()
	for _, r := range s.list() {
		s.abort(r)
	}
	<-s.empty
}

// passed returns how many bytes were passed to nodes and to clients.
func (s *relays) passed() (toNodes, toClients uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	toNodes, toClients = s.bytes[0]+s.toNodes.Load(), s.bytes[1]+s.toClients.Load()
	for r := range s.all {
		if r.pipe != nil {
			toNode, toClient := r.pipe.Progress()
			toNodes, toClients = toNodes+toNode.Bytes, toClients+toClient.Bytes
		}
	}
	return toNodes, toClients
}

// pipe returns what passes the bytes of a relay, nil if it has not begun.
func (s *relays) pipe(r *relay) *netpoll.Relay {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.pipe
}
