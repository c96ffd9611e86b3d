package nodestore

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// takeLate takes late updates that wait for a room of this node, and merges them.
func (s *Store) takeLate(ctx context.Context, r *room) error {
	if err := r.locked(ctx, func() error { return s.takeLateLocked(ctx, r) }); err != nil {
		return err
	}
	return s.mergeLate(ctx, r)
}

// takeLateLocked moves late updates into the journal in Redis. From then on no snapshot covers them
// until they are merged. Those of other incarnations are kept as versions first.
func (s *Store) takeLateLocked(ctx context.Context, r *room) error {
	lease, err := s.lease(r)
	s.mu.Lock()
	incarnation, owned := r.incarnation, r.owned
	s.mu.Unlock()
	if err != nil || !owned || incarnation == 0 {
		return nil // it is lost, or the next renewal leads here again
	}
	call, cancel := s.within(ctx)
	defer cancel()
	waiting, err := s.c.Shared.Late(call, r.name)
	if err != nil {
		return err
	}
	if l := deletion(waiting, incarnation); l != nil {
		if err := s.deleteAgain(ctx, lease, l.Data); err != nil {
			return err
		}
		s.addWork(r, workDropped)
		return nil
	}
	others := map[bool][]cluster.Late{}
	for _, l := range waiting {
		ours := l.Incarnation == incarnation
		others[ours] = append(others[ours], l)
	}
	if err := s.keepOthers(ctx, r.name, others[false]); err != nil {
		return err
	}
	taken, left, err := s.c.Shared.TakeLate(call, lease, incarnation)
	if err != nil {
		if isRefusal(err) {
			s.refused(r, lease, err)
			return nil
		}
		return err
	}
	s.mu.Lock()
	for i, row := range taken {
		if i == 0 && r.unmerged == (cluster.Position{}) {
			r.unmerged = row.At
		}
		r.late = append(r.late, row.Data)
	}
	s.mu.Unlock()
	s.count.taken.Add(len(taken))
	if len(left) > len(others[false]) { // some came in between
		return s.keepOthers(ctx, r.name, left)
	}
	return nil
}

// mergeLate merges late rows into the loaded room.
func (s *Store) mergeLate(ctx context.Context, r *room) error {
	s.mu.Lock()
	if !r.owned {
		r.late = nil // whoever has the room next finds them in its journal in Redis
	}
	late, engine := r.late, s.engine
	s.mu.Unlock()
	if len(late) == 0 || engine == nil {
		return nil
	}
	var failure error
	rows := make([][]byte, 0, len(late))
	for _, data := range late {
		row, err := roomstate.Bare(data, s.c.MaxDocument)
		if err != nil {
			failure = errors.Join(failure, err) // it can never be merged
			continue
		}
		rows = append(rows, row)
	}
	if failure != nil {
		s.c.Log.Error("late updates cannot be read", roomAndReason(r.name, failure)...)
	}
	call, cancel := s.within(ctx)
	defer cancel()
	if err := engine.MergeStored(call, r.name, rows); err != nil {
		s.addWork(r, workLate)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.late = r.late[len(late):]
	if r.merged = r.last; len(r.late) == 0 {
		r.late = nil
	}
	r.passed()
	return nil
}

// maxOffered is how many rows are offered one by one; more become the whole state.
const maxOffered = 64

// offer offers what Redis lacks of a room that this node does not have to its owner.
func (s *Store) offer(ctx context.Context, r *room) error {
	if err := r.lock.acquire(ctx); err != nil {
		return err
	}
	defer r.lock.release()
	if s.owns(r) {
		return nil
	}
	if err := s.offerLocked(ctx, r.name, false); err != nil {
		return err
	}
	s.forget(r)
	return nil
}

// offerLocked offers what is unsent of a room, or the whole of it. The room's lock is held.
func (s *Store) offerLocked(ctx context.Context, room string, whole bool) error {
	generation := s.generation(room)
	c, err := s.local(ctx, room)
	if err != nil {
		return err
	}
	m := s.mark(room)
	rows, all := c.unsent(m)
	unsent := all || len(rows) > 0 || m.Generation != generation // Redis may have lost it
	if whole = whole || all || len(rows) > maxOffered; whole && !c.empty() {
		if rows, err = s.missing(ctx, room, c); err != nil {
			return err
		}
	}
	err = s.offerRows(ctx, room, c.incarnation, rows)
	if errors.Is(err, cluster.ErrDropped) {
		return s.dropLocal(ctx, room, c, unsent)
	}
	if err != nil {
		return err
	}
	if c.empty() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	released := s.marks[room].Released
	if released.IsZero() {
		released = time.Now().Truncate(time.Millisecond)
	}
	s.setMark(Mark{
		Room: room, Incarnation: c.incarnation, Sent: c.last, Released: released,
		Generation: generation,
	})
	return nil
}

// missing returns the state of the local disk as a snapshot, unless Redis has all of it.
func (s *Store) missing(ctx context.Context, room string, c *copied) ([][]byte, error) {
	redis, err := s.shared(ctx, room)
	if err != nil && !isDamage(err) {
		return nil, err
	}
	if err == nil && redis.incarnation == c.incarnation {
		more, err := lacking(c, redis, s.c.MaxDocument)
		if err == nil && more == nil {
			s.count.spared.Inc()
			return nil, nil
		}
		s.warnOfOlder(room)
	}
	if len(c.rows) == 0 {
		return [][]byte{c.snapshot}, nil
	}
	state, err := c.read(s.c.MaxDocument)
	if err != nil {
		return nil, err
	}
	blob, err := state.Snapshot(s.c.Compression)
	return [][]byte{blob}, err
}

// warnOfOlder warns if this node had a room when Redis was emptied, and Redis lacks some of that
// document: other nodes had an older state, and went on with it while this one was away.
func (s *Store) warnOfOlder(room string) {
	generation, m := s.generation(room), s.mark(room)
	had := m.Generation != "" && m.Released.IsZero()
	if !had || !cluster.Emptied(m.Generation, generation) {
		return
	}
	s.mu.Lock()
	r := s.roomLocked(room)
	again := r.warned == generation
	r.warned = generation
	s.mu.Unlock()
	if !again {
		s.c.Log.Warn("a room went on without its newest updates, after Redis was emptied",
			slog.String("room", room))
	}
}

func (s *Store) offerRows(
	ctx context.Context, room string, incarnation uint64, rows [][]byte,
) error {
	if len(rows) == 0 {
		return nil
	}
	late := make([]cluster.Late, len(rows))
	for i, data := range rows {
		late[i] = cluster.Late{
			Room: room, Incarnation: incarnation, Snapshot: roomstate.IsSnapshot(data), Data: data,
		}
	}
	call, cancel := s.within(ctx)
	defer cancel()
	if err := s.c.Shared.OfferLate(call, late); err != nil {
		return err
	}
	for i := range late {
		if late[i].Err != nil {
			return late[i].Err
		}
	}
	s.count.offered.Add(len(late))
	return nil
}
