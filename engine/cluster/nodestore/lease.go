package nodestore

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Lease takes the lease of a room.
func (s *Store) Lease(ctx context.Context, room string) error {
	_, err := s.c.Node.Take(ctx, room)
	return err
}

// Load takes the room over: it returns what Redis and the local disk have of it, which is then in
// both. With Config.Redis it fails unless Redis has all of it.
func (s *Store) Load(
	ctx context.Context, room string,
) (snapshot []byte, journal [][]byte, err error) {
	grant, err := s.c.Node.Take(ctx, room)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.hold(ctx, room)
	if err != nil {
		return nil, nil, err
	}
	defer r.lock.release()
	t, err := s.takeOver(ctx, r, grant)
	if err != nil {
		return nil, nil, err
	}
	snapshot, journal, err = t.result()
	if err == nil {
		err = s.writeMarks(ctx)
	}
	return snapshot, journal, err
}

// Read returns the stored state of a room without its lease, to look at it.
func (s *Store) Read(
	ctx context.Context, name string,
) (snapshot []byte, journal [][]byte, err error) {
	c, err := s.shared(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	t := &takeover{s: s, r: &room{name: name}, redis: c}
	if t.state, err = c.read(s.c.MaxDocument); err != nil || t.state.Empty() {
		return nil, nil, err
	}
	return t.result()
}

// VersionFloor returns the least version of a room that was just loaded.
func (s *Store) VersionFloor(room string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[room]; r != nil && r.owned {
		return r.floor
	}
	return 0
}

// Release sends what is unsent of a room, and its snapshot, and then gives the lease up. What
// cannot be sent stays on the disk, and is offered to the next owner.
func (s *Store) Release(ctx context.Context, room string) error {
	if r := s.find(room); r == nil {
		return s.c.Node.Release(ctx, room)
	}
	r, err := s.hold(ctx, room)
	if err != nil { // work on it takes long: it ends soon, as the room has no lease
		s.disowned(s.find(room), err)
		return errors.Join(err, s.releaseLease(ctx, room))
	}
	defer r.lock.release()
	failure := s.sendRest(ctx, r)
	s.disowned(r, failure)
	failure = errors.Join(failure, s.releaseLease(ctx, room))
	_ = s.writeMarks(ctx)
	s.forget(r)
	return failure
}

// releaseLease gives a lease up, also after the deadline of ctx, but not when ctx was cancelled.
func (s *Store) releaseLease(ctx context.Context, room string) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return s.c.Node.Release(ctx, room)
}

// disowned makes a room no longer this node's. What could not be sent of it is offered.
func (s *Store) disowned(r *room, failure error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r != nil && r.owned {
		r.owned, r.held = false, Row{}
		s.released(r, failure)
	}
}

// sendRest sends all that Redis lacks of a room.
func (s *Store) sendRest(ctx context.Context, r *room) error {
	for s.ownsUnsent(r) {
		some, err := s.send(ctx)
		if err != nil {
			return err
		}
		if !some {
			break
		}
	}
	s.mu.Lock()
	due := r.owned && (r.work&workSnapshot != 0 || r.unsent())
	s.mu.Unlock()
	if !due {
		return nil
	}
	if err := s.sendStateLocked(ctx, r); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.unsent() {
		return errUnsent
	}
	r.work &^= workSnapshot
	return nil
}

func (s *Store) ownsUnsent(r *room) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.owned && !r.whole && len(r.rows) > 0
}

// released notes that this node has given a room up. mu is held.
func (s *Store) released(r *room, failure error) {
	m := s.marks[r.name]
	m.Room, m.Sent = r.name, r.sent
	m.Whole = r.whole
	if r.incarnation != 0 {
		m.Incarnation = r.incarnation
	}
	m.Released = time.Now().Truncate(time.Millisecond)
	s.dropRowsLocked(r)
	r.whole = false
	if r.incarnation == 0 && r.last == 0 { // nothing was stored
		delete(s.marks, r.name)
		delete(s.dirty, r.name)
	} else {
		s.setMark(m)
	}
	if r.work = 0; failure != nil {
		s.addWorkLocked(r, workOffer)
	}
}

// takeAgain takes a lease again that was lost, if nobody has it, and makes one of what Redis has by
// now and what this node has. Otherwise the room is disowned.
func (s *Store) takeAgain(ctx context.Context, r *room) error {
	if !s.owns(r) {
		return nil
	}
	call, cancel := s.within(ctx)
	grant, err := s.c.Node.Take(call, r.name)
	cancel()
	if err != nil {
		if isRefusal(err) {
			return s.disown(ctx, r)
		}
		return err
	}
	same := false
	err = r.locked(ctx, func() error {
		s.mu.Lock()
		same = r.owned && (grant.Incarnation == 0 || grant.Incarnation == r.incarnation)
		s.mu.Unlock()
		if !same {
			return nil
		}
		if _, err := s.takeOver(ctx, r, grant); err != nil {
			return err
		}
		return s.putClaimsBack(ctx, r)
	})
	switch {
	case errors.Is(err, errAnother):
		same = false
	case err != nil:
		return err
	}
	if !same {
		return errors.Join(s.releaseLease(ctx, r.name), s.disown(ctx, r))
	}
	s.c.Log.Info("the lease of a room was lost, and is taken again", slog.String("room", r.name))
	return s.mergeLate(ctx, r)
}

// disown ends a room that another node has, or that has another document by now. What Redis lacks
// of it is offered.
func (s *Store) disown(ctx context.Context, r *room) error {
	s.mu.Lock()
	owned := r.owned
	r.owned = false
	s.dropRowsLocked(r)
	r.whole, r.held = false, Row{}
	if owned {
		m := s.marks[r.name]
		m.Released = time.Now().Truncate(time.Millisecond)
		s.setMark(m)
	}
	engine := s.engine
	s.addWorkLocked(r, workOffer)
	s.mu.Unlock()
	if !owned || engine == nil {
		return nil
	}
	s.c.Log.Info("a room has gone to another node", slog.String("room", r.name))
	return engine.Disown(ctx, r.name)
}

// giveUp gives a room up for a node that asks for it, unless somebody is in it.
func (s *Store) giveUp(ctx context.Context, r *room) error {
	engine := s.attached()
	if engine == nil || !s.owns(r) {
		return nil
	}
	if err := engine.GiveUp(ctx, r.name); err != nil {
		s.c.Log.Info("another node asks for a room, and cannot have it",
			slog.String("room", r.name), slog.Any("reason", err))
	}
	return nil
}
