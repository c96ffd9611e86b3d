package nodestore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// holder is a Store as its Node sees it.
type holder struct{ *Store }

// Holder returns what the Node is given by SetHolder.
func (s *Store) Holder() cluster.Holder { return holder{s} }

// Lost implements cluster.Holder.
func (h holder) Lost(room string) { h.workOnOwned(room, workLost) }

// LateWaits implements cluster.Holder.
func (h holder) LateWaits(room string) { h.workOnOwned(room, workLate) }

// Asked implements cluster.Holder.
func (h holder) Asked(room string) { h.workOnOwned(room, workAsked) }

func (s *Store) workOnOwned(room string, w work) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[room]; r != nil && r.owned {
		s.addWorkLocked(r, w)
	}
}

// Version implements cluster.Holder.
func (h holder) Version(room string) uint64 {
	if engine := h.attached(); engine != nil {
		return engine.RoomVersion(room)
	}
	return 0
}

// PutBack puts back what a Redis of another generation may lack: of rooms that this node has, the
// whole state; of others what is unsent, and the whole state of those that it gave up so lately
// that Redis may have lost them, or of all if Redis is empty.
func (h holder) PutBack(ctx context.Context, changes []cluster.Change) error {
	now, s := map[int]string{}, h.Store
	s.mu.Lock()
	for _, c := range changes {
		now[c.Shard], s.generations[c.Shard] = c.Now, c.Now
	}
	s.mu.Unlock()
	rooms, err := s.toPutBack(ctx, now)
	if err != nil {
		return err
	}
	if err := s.each(ctx, rooms, s.putBack); err != nil {
		return err
	}
	return s.writeMarks(ctx)
}

// toPutBack returns the rooms that may have to be put back, with true for those of which the whole
// state may be missing.
func (s *Store) toPutBack(ctx context.Context, now map[int]string) (map[string]bool, error) {
	unsent, err := s.c.Local.Unsent(ctx)
	if err != nil {
		return nil, err
	}
	rooms := map[string]bool{}
	inShard := func(room string) (generation string, ok bool) {
		generation, ok = now[s.c.ShardOf(room)]
		return generation, ok
	}
	for _, room := range unsent {
		if _, ok := inShard(room); ok {
			rooms[room] = false
		}
	}
	oldest := time.Now().Add(-s.c.Lag)
	s.mu.Lock()
	defer s.mu.Unlock()
	for room, m := range s.marks {
		generation, ok := inShard(room)
		r := s.rooms[room]
		switch owned := r != nil && r.owned; {
		case !ok || m.Generation == generation:
		case owned, cluster.Emptied(m.Generation, generation), m.Released.After(oldest),
			m.Released.IsZero():
			rooms[room] = true
		case !rooms[room]:
			if _, isUnsent := rooms[room]; !isUnsent {
				m.Generation = generation // Redis has it
				s.setMark(m)
			}
		}
	}
	return rooms, nil
}

// each calls f for each room, a few at a time, and returns the first error. The others are done.
func (s *Store) each(
	ctx context.Context, rooms map[string]bool,
	f func(ctx context.Context, room string, whole bool) error,
) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var first error
	slots := make(chan struct{}, workers)
	for room, whole := range rooms {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := f(ctx, room, whole); err != nil {
				mu.Lock()
				defer mu.Unlock()
				if first == nil {
					first = err
				}
			}
		})
	}
	all.Wait()
	return first
}

// putBack puts a room back. One that cannot be read is left out.
func (s *Store) putBack(ctx context.Context, room string, whole bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, err := s.hold(ctx, room)
	if err != nil {
		return err
	}
	defer r.lock.release()
	if s.owns(r) {
		err = s.putBackOwned(ctx, r)
	} else {
		err = s.offerLocked(ctx, room, whole)
		s.forget(r)
	}
	if isUnreadable(err) {
		s.c.Log.Error("a room on the disk cannot be put back", roomAndReason(room, err)...)
		return nil
	}
	if err == nil {
		s.count.putBacks.Inc()
	}
	return err
}

// putBackOwned puts a room of this node back: as the owner, or if that is not possible any more as
// a late update, which whoever has the room next finds.
func (s *Store) putBackOwned(ctx context.Context, r *room) error {
	generation := s.generation(r.name)
	if _, ok := s.c.Node.Lease(r.name); !ok {
		return s.offerOwned(ctx, r, generation)
	}
	c, err := s.local(ctx, r.name)
	if err != nil {
		return err
	}
	rows, err := s.missing(ctx, r.name, c)
	if err == nil && len(rows) > 0 {
		err = s.sendWhole(ctx, r, c)
	}
	if err == nil {
		err = s.putClaimsBack(ctx, r)
	}
	if err != nil && isRefusal(err) {
		return s.offerOwned(ctx, r, generation)
	}
	if err == nil {
		s.confirm(r.name, generation)
	}
	return err
}

// offerOwned offers the whole state of a room whose lease is gone.
func (s *Store) offerOwned(ctx context.Context, r *room, generation string) error {
	c, err := s.local(ctx, r.name)
	if err != nil || c.empty() {
		return err
	}
	rows, err := s.missing(ctx, r.name, c)
	if err != nil {
		return err
	}
	err = s.offerRows(ctx, r.name, c.incarnation, rows)
	if err == nil {
		err = s.offerClaims(ctx, r)
	}
	if err == nil {
		s.confirm(r.name, generation)
	}
	if errors.Is(err, cluster.ErrDropped) {
		s.addWork(r, workDropped)
		return nil
	}
	return err
}

// offerClaims offers the newest claims of a room whose lease is gone, as putClaimsBack makes them
// again.
func (s *Store) offerClaims(ctx context.Context, r *room) error {
	s.mu.Lock()
	hashes := make([]string, len(r.claims))
	for i, c := range r.claims {
		hashes[i] = c.hash
	}
	s.mu.Unlock()
	if len(hashes) == 0 {
		return nil
	}
	call, cancel := s.within(ctx)
	defer cancel()
	return s.c.Shared.OfferClaims(call, r.name, hashes)
}

// confirm notes that a Redis of a generation has what a mark says.
func (s *Store) confirm(room, generation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.marks[room]; ok {
		m.Generation = generation
		s.setMark(m)
	}
}
