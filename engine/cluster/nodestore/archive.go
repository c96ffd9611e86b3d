package nodestore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// sharedVersion is added to the ids of versions in Redis. Those on the local disk, which are the
// automatic ones of this node, have their own ids.
const sharedVersion = 1 << 40

// OnDisk reports whether a version is on the disk of the node that lists it, and not in Redis.
func OnDisk(id uint64) bool { return id <= sharedVersion }

// KeepVersion keeps a version in Redis.
func (s *Store) KeepVersion(
	ctx context.Context, room string, v Version, snapshot []byte,
) (id uint64, err error) {
	id, err = s.c.Archive.KeepVersion(ctx, room, v, snapshot)
	return id + sharedVersion, err
}

// RenameVersion gives a version another name, in Redis or on the local disk.
func (s *Store) RenameVersion(ctx context.Context, room string, id uint64, name string) error {
	if id > sharedVersion {
		return s.c.Archive.RenameVersion(ctx, room, id-sharedVersion, name)
	}
	return s.c.Local.RenameVersion(ctx, room, id, name)
}

// DeleteVersion deletes a version, in Redis or on the local disk. Of one that is in both, the copy
// on the disk goes first.
func (s *Store) DeleteVersion(ctx context.Context, room string, id uint64) error {
	if id <= sharedVersion {
		return s.c.Local.DeleteVersion(ctx, room, id)
	}
	shared, err := s.c.Archive.Versions(ctx, room)
	if err != nil {
		return err
	}
	for _, v := range shared {
		if v.ID += sharedVersion; v.ID == id && v.Why == whyOther {
			if err := s.deleteCopies(ctx, room, v); err != nil {
				return err
			}
		}
	}
	return s.c.Archive.DeleteVersion(ctx, room, id-sharedVersion)
}

// deleteCopies deletes the copies on the disk of a version in Redis.
func (s *Store) deleteCopies(ctx context.Context, room string, shared Version) error {
	local, err := s.c.Local.Versions(ctx, room)
	for _, v := range local {
		if err == nil && s.isCopy(ctx, room, v, shared) {
			err = s.c.Local.DeleteVersion(ctx, room, v.ID)
		}
	}
	return err
}

// DropVersions deletes versions that are too old, in Redis and on the local disk.
func (s *Store) DropVersions(ctx context.Context, now time.Time) (versions int, err error) {
	versions, err = s.c.Local.DropVersions(ctx, now)
	if failure := s.c.Archive.Healthy(); failure != nil {
		return versions, err // it is done when Redis is back
	}
	shared, failure := s.c.Archive.DropVersions(ctx, now)
	return versions + shared, errors.Join(err, failure)
}

// Versions lists the automatic versions of this node, and then those in Redis.
func (s *Store) Versions(ctx context.Context, room string) ([]Version, error) {
	local, err := s.c.Local.Versions(ctx, room)
	if err != nil {
		return nil, err
	}
	shared, err := s.c.Archive.Versions(ctx, room)
	for i := range shared {
		shared[i].ID += sharedVersion
	}
	local = slices.DeleteFunc(local, func(v Version) bool {
		return slices.ContainsFunc(shared, func(o Version) bool {
			return s.isCopy(ctx, room, v, o)
		})
	})
	return slices.Concat(local, shared), err
}

// isCopy reports whether a version on the disk is the copy of one in Redis. It reads them only if
// they may be the same.
func (s *Store) isCopy(ctx context.Context, room string, local, shared Version) bool {
	if local.Why != whyOther || shared.Why != whyOther || local.Size != shared.Size {
		return false
	}
	a, err := s.Version(ctx, room, local.ID)
	b, failure := s.Version(ctx, room, shared.ID)
	return err == nil && failure == nil && bytes.Equal(a, b)
}

// Version returns a version.
func (s *Store) Version(ctx context.Context, room string, id uint64) ([]byte, error) {
	if id > sharedVersion {
		return s.c.Archive.Version(ctx, room, id-sharedVersion)
	}
	return s.c.Local.Version(ctx, room, id)
}

// Expire sets when Redis drops the room. The copies on the disks of nodes go after that. It fails
// at once while Redis is away.
func (s *Store) Expire(ctx context.Context, room string, at time.Time) error {
	if err := s.c.Archive.Healthy(); err != nil {
		return err
	}
	return s.c.Archive.Expire(ctx, room, at)
}

// DropExpired drops expired rooms in Redis, and copies of rooms on the local disk that were dropped
// there.
func (s *Store) DropExpired(ctx context.Context, now time.Time) (rooms int, err error) {
	rooms, err = s.c.Archive.DropExpired(ctx, now)
	return rooms, errors.Join(err, s.dropCopies(ctx))
}

// maxCompared is of how many local copies a call of DropExpired asks Redis whether the room was
// dropped. The next call goes on after them.
const maxCompared = 2000

// dropCopies drops local copies of rooms that were dropped in Redis.
func (s *Store) dropCopies(ctx context.Context) error {
	marks := s.copies()
	if len(marks) == 0 {
		return nil
	}
	rooms, incarnations := make([]string, len(marks)), make([]uint64, len(marks))
	for i, m := range marks {
		rooms[i], incarnations[i] = m.Room, m.Incarnation
	}
	dropped, err := s.c.Shared.Dropped(ctx, rooms, incarnations)
	if err != nil {
		return err
	}
	for i, m := range marks {
		if dropped[i] {
			err = errors.Join(err, s.dropCopy(ctx, m))
		}
	}
	return err
}

// copies returns the marks of the next rooms that this node has given up.
func (s *Store) copies() (marks []Mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for room, m := range s.marks {
		if r := s.rooms[room]; r == nil && m.Incarnation != 0 && room > s.sweep {
			marks = append(marks, m)
		}
	}
	slices.SortFunc(marks, func(a, b Mark) int { return cmp.Compare(a.Room, b.Room) })
	if len(marks) > maxCompared {
		marks = marks[:maxCompared]
		s.sweep = marks[maxCompared-1].Room
	} else {
		s.sweep = ""
	}
	return marks
}

// dropCopy drops a local copy, unless the room is used again.
func (s *Store) dropCopy(ctx context.Context, m Mark) error {
	r, err := s.hold(ctx, m.Room)
	if err != nil {
		return err
	}
	defer r.lock.release()
	if s.owns(r) || s.mark(m.Room) != m {
		return nil
	}
	c, err := s.local(ctx, m.Room)
	if err != nil {
		return err
	}
	rows, whole := c.unsent(m)
	if err := s.dropLocal(ctx, m.Room, c, whole || len(rows) > 0); err != nil {
		return err
	}
	s.forget(r)
	return nil
}

// Quarantine moves the state of a room aside, in Redis and on the local disk.
func (s *Store) Quarantine(ctx context.Context, room string) error {
	r, err := s.hold(ctx, room)
	if err != nil {
		return err
	}
	defer r.lock.release()
	if err := s.c.Archive.Quarantine(ctx, room); err != nil {
		return err
	}
	s.mu.Lock()
	s.dropRowsLocked(r)
	r.incarnation, r.places, r.covers, r.loaded = 0, nil, 0, 0
	r.whole, r.sent = false, r.last
	s.mu.Unlock()
	return s.c.Local.Quarantine(ctx, room)
}

// Rooms lists the rooms in Redis or, after an error, those on the local disk.
func (s *Store) Rooms(ctx context.Context) ([]StoredRoom, error) {
	rooms, err := s.c.Archive.Rooms(ctx)
	if err == nil || len(rooms) > 0 {
		return rooms, err
	}
	rooms, failure := s.c.Local.Rooms(ctx)
	return rooms, errors.Join(err, failure)
}

// Room describes a room in Redis, with the versions of this node.
func (s *Store) Room(ctx context.Context, room string) (StoredRoom, error) {
	found, err := s.c.Archive.Room(ctx, room)
	if err != nil {
		return found, err
	}
	versions, err := s.c.Local.Versions(ctx, room)
	found.Versions += len(versions)
	return found, err
}

// LoadDecisions returns the decisions in Redis. Until Redis has answered once, an error makes it
// return those on the local disk, which are as they were when this node was stopped.
func (s *Store) LoadDecisions(ctx context.Context) ([]Decision, error) {
	all, err := s.c.Archive.LoadDecisions(ctx)
	s.mu.Lock()
	decided := s.decided
	s.decided = decided || err == nil
	s.mu.Unlock()
	if err != nil {
		if decided {
			return nil, err
		}
		return s.c.Local.LoadDecisions(ctx)
	}
	return all, s.copyDecisions(ctx, all)
}

// copyDecisions makes the local decisions the same.
func (s *Store) copyDecisions(ctx context.Context, all []Decision) error {
	local, err := s.c.Local.LoadDecisions(ctx)
	if err != nil {
		return err
	}
	var drop, put []Decision
	for _, d := range local {
		if !slices.ContainsFunc(all, func(o Decision) bool { return sameSubject(o, d) }) {
			drop = append(drop, d)
		}
	}
	for _, d := range all {
		if !slices.ContainsFunc(local, func(o Decision) bool { return sameDecision(o, d) }) {
			put = append(put, d)
		}
	}
	if len(drop)+len(put) == 0 {
		return nil
	}
	return s.c.Local.ChangeDecisions(ctx, put, drop)
}

func sameSubject(a, b Decision) bool { return a.Kind == b.Kind && a.Subject == b.Subject }

func sameDecision(a, b Decision) bool {
	return sameSubject(a, b) && a.Made.Equal(b.Made) && a.Until.Equal(b.Until) &&
		a.By == b.By && a.Reason == b.Reason
}

// ChangeDecisions changes the decisions in Redis, and then those on the local disk.
func (s *Store) ChangeDecisions(ctx context.Context, put, drop []Decision) error {
	if err := s.c.Archive.ChangeDecisions(ctx, put, drop); err != nil {
		return err
	}
	return s.c.Local.ChangeDecisions(ctx, put, drop)
}
