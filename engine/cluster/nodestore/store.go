package nodestore

import (
	"context"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// Store is the store of a node: its disk, and what all nodes share. Its methods are safe for
// concurrent use.
type Store struct {
	c     Config
	count counters

	sending lock          // held while rows are sent
	rowsDue chan struct{} // has room for one: there are rows to be sent
	workDue chan struct{} // has room for one: there is work

	mu          sync.Mutex // a leaf; guards everything below
	engine      Rooms
	rooms       map[string]*room
	marks       map[string]Mark
	dirty       map[string]struct{} // rooms whose marks are not given to the disk yet
	outbox      []*room             // rooms with rows to be sent, in their order
	jobs        []*room             // rooms with work
	bytes       int64               // of the rows in memory
	generations map[int]string      // of shards, as of the last PutBack
	failures    int                 // sendings that failed, in a row
	failure     error               // of the last sending
	decided     bool                // Redis has told the decisions once
	sweep       string              // the room up to which local copies were compared
}

// New returns a Store. Start, Attach and Run follow.
func New(c Config) *Store {
	c = c.withDefaults()
	s := &Store{
		c: c, count: newCounters(c.Metrics), sending: newLock(),
		rowsDue: make(chan struct{}, 1), workDue: make(chan struct{}, 1),
		rooms: map[string]*room{}, marks: map[string]Mark{}, dirty: map[string]struct{}{},
		generations: map[int]string{},
	}
	s.gauges(c.Metrics)
	return s
}

// Start reads what of the local disk is in Redis. It comes before the Node runs.
func (s *Store) Start(ctx context.Context) error {
	marks, err := s.c.Local.Marks(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range marks {
		s.marks[m.Room] = m
	}
	return nil
}

// Attach sets the loaded rooms. It comes before Run.
func (s *Store) Attach(rooms Rooms) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine = rooms
}

func (s *Store) attached() Rooms {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine
}

// room returns a room, which it makes if need be.
func (s *Store) room(name string) *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roomLocked(name)
}

func (s *Store) roomLocked(name string) *room {
	r := s.rooms[name]
	if r == nil {
		r = &room{name: name, lock: newLock()}
		s.rooms[name] = r
	}
	return r
}

// find returns a room that this node has; nil if it does not.
func (s *Store) find(name string) *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[name]
}

// forget forgets a room that this node has not, and of which nothing is to be sent. The room's lock
// is held.
func (s *Store) forget(r *room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !r.owned && r.work == 0 && s.rooms[r.name] == r {
		s.dropRowsLocked(r)
		delete(s.rooms, r.name)
	}
}

// hold acquires the lock of the room of a name, as long as there is one.
func (s *Store) hold(ctx context.Context, name string) (*room, error) {
	for {
		r := s.room(name)
		if err := r.lock.acquire(ctx); err != nil {
			return nil, err
		}
		if s.find(name) == r {
			return r, nil
		}
		r.lock.release() // it was forgotten meanwhile
	}
}

// owns reports whether this node has a room, as far as it knows.
func (s *Store) owns(r *room) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.owned
}

// lease returns the lease of a room for a write.
func (s *Store) lease(r *room) (cluster.Lease, error) {
	lease, ok := s.c.Node.Lease(r.name)
	if !ok {
		return lease, notOwner{}
	}
	return lease, nil
}

// dropRowsLocked empties the outbox of a room.
func (s *Store) dropRowsLocked(r *room) {
	s.bytes -= r.bytes
	r.rows, r.bytes = nil, 0
}

func (s *Store) mark(room string) Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks[room]
}

// setMark sets the mark of a room. mu is held.
func (s *Store) setMark(m Mark) {
	s.marks[m.Room] = m
	s.dirty[m.Room] = struct{}{}
}

// writeMarks gives the marks that were set to the disk, which writes them before long. What is lost
// in a crash is sent again.
func (s *Store) writeMarks(ctx context.Context) error {
	s.mu.Lock()
	marks := make([]Mark, 0, len(s.dirty))
	for room := range s.dirty {
		if m, ok := s.marks[room]; ok {
			marks = append(marks, m)
		}
	}
	clear(s.dirty)
	s.mu.Unlock()
	if len(marks) == 0 {
		return nil
	}
	err := s.c.Local.SetMarks(ctx, marks)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, m := range marks {
			s.dirty[m.Room] = struct{}{}
		}
	}
	return err
}

// within bounds a call of Redis, or a few.
func (s *Store) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.c.Timeout)
}

// generation returns the generation of a room's shard, as far as it is known.
func (s *Store) generation(room string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generations[s.c.ShardOf(room)]
}

// ask sends to a channel with room for one, unless it is full.
func ask(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// sleep waits for d, or until ctx is done, which is an error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
