package nodestore

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// SaveSnapshot saves the snapshot on the local disk. Redis has it as soon as it has the rows that
// it covers.
func (s *Store) SaveSnapshot(
	ctx context.Context, room string, snapshot []byte, through uint64,
) error {
	r := s.find(room)
	if r != nil {
		s.mu.Lock()
		through = max(through, r.loaded) // the engine has all rows that it has loaded
		s.mu.Unlock()
	}
	if err := s.c.Local.SaveSnapshot(ctx, room, snapshot, through); err != nil {
		return err
	}
	if r == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := workSnapshot; r.owned {
		s.addWorkLocked(r, w)
	} else {
		s.addWorkLocked(r, workOffer)
	}
	return nil
}

// sendState sends the newest snapshot of the local disk, or the whole state.
func (s *Store) sendState(ctx context.Context, r *room) error {
	if err := r.lock.acquire(ctx); err != nil {
		return err
	}
	defer r.lock.release()
	return s.sendStateLocked(ctx, r)
}

// sendStateLocked is called with the room's lock held.
func (s *Store) sendStateLocked(ctx context.Context, r *room) error {
	if !s.owns(r) {
		return nil
	}
	s.mu.Lock()
	whole := r.whole
	if r.whole = false; whole { // rows that come from now on are in the outbox again
		s.dropRowsLocked(r)
	}
	s.mu.Unlock()
	err := s.sendNewest(ctx, r, whole)
	if err != nil && whole {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sendWholeLocked(r)
	}
	return err
}

func (s *Store) sendNewest(ctx context.Context, r *room, whole bool) error {
	c, err := s.local(ctx, r.name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	sent, covers, through := r.sent, r.covers, r.through(c.covered)
	s.mu.Unlock()
	switch {
	case whole || c.covered < covers:
		return s.sendWhole(ctx, r, c)
	case c.snapshot == nil:
		return nil
	case sent < c.covered:
		return errUnsent
	}
	return s.save(ctx, r, c.snapshot, through)
}

// save replaces the snapshot in Redis.
func (s *Store) save(
	ctx context.Context, r *room, blob []byte, through cluster.Position,
) error {
	lease, err := s.lease(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	if r.incarnation == 0 { // nothing was stored before
		r.incarnation = snapshot.Rank(roomstate.IncarnationOf(blob))
	}
	snap := cluster.FencedSnapshot{Data: blob, Incarnation: r.incarnation, Through: through}
	engine := s.engine
	s.mu.Unlock()
	if engine != nil {
		snap.Version = engine.RoomVersion(r.name)
	}
	call, cancel := s.within(ctx)
	defer cancel()
	err = s.c.Shared.SaveSnapshot(call, lease, snap)
	if err != nil && isRefusal(err) {
		s.refused(r, lease, err)
	}
	return err
}

// sendWhole sends a state of the local disk as a whole. It covers no row in Redis: the next
// snapshot does.
func (s *Store) sendWhole(ctx context.Context, r *room, c *copied) error {
	state, err := c.read(s.c.MaxDocument)
	if err != nil {
		return err
	}
	blob := c.snapshot
	if len(c.rows) > 0 {
		if blob, err = state.Snapshot(s.c.Compression); err != nil {
			return err
		}
	}
	if blob == nil {
		return nil
	}
	if err := s.save(ctx, r, blob, cluster.Position{}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= r.clearRows(c.last)
	if !r.unsent() {
		r.since = time.Time{}
	}
	r.sent, r.covers = max(r.sent, c.last), c.last
	r.passed()
	s.markOwned(r)
	return nil
}

// Healthy fails while nothing can be stored: on the local disk or, with Config.Redis, in Redis.
func (s *Store) Healthy() error {
	if err := s.c.Local.Healthy(); err != nil || !s.c.Redis {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil && s.failures > 1 {
		return errors.Join(errors.New("updates cannot be sent to Redis"), s.failure)
	}
	return nil
}
