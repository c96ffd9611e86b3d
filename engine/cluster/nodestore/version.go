package nodestore

import (
	"bytes"
	"context"
	"log/slog"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// Why documents are kept as versions.
const whyOther = "another node's"

// keepCopy keeps a state of another incarnation than the room has now as a version, unless the room
// was deleted.
func (s *Store) keepCopy(ctx context.Context, room string, c *copied) error {
	if deleted, err := s.isDeleted(ctx, room); deleted || err != nil {
		return err
	}
	state, err := c.read(s.c.MaxDocument)
	if err != nil {
		return err
	}
	blob, err := state.Snapshot(s.c.Compression)
	if err != nil {
		return err
	}
	return s.keep(ctx, room, blob)
}

// keep keeps a snapshot as a version: in Redis and, as that may be emptied, on the disk. One that
// is there is not kept again, as there are only so many, and nodes may offer a document repeatedly.
func (s *Store) keep(ctx context.Context, room string, blob []byte) error {
	call, cancel := s.within(ctx)
	defer cancel()
	added, err := keepOnce(call, s.c.Archive, room, blob)
	if err != nil {
		return err
	}
	if _, err := keepOnce(ctx, s.c.Local, room, blob); err != nil || !added {
		return err
	}
	s.count.versions.Inc()
	s.c.Log.Warn("a document that another one has replaced is kept as a version",
		slog.String("room", room))
	return nil
}

// versions has the versions of rooms.
type versions interface {
	KeepVersion(ctx context.Context, room string, v Version, snapshot []byte) (id uint64, err error)
	Versions(ctx context.Context, room string) ([]Version, error)
	Version(ctx context.Context, room string, id uint64) (snapshot []byte, err error)
}

// keepOnce keeps a snapshot as a version, unless it is one.
func keepOnce(ctx context.Context, in versions, room string, blob []byte) (added bool, err error) {
	all, err := in.Versions(ctx, room)
	if err != nil {
		return false, err
	}
	for _, v := range all {
		if v.Why != whyOther || v.Size != len(blob) {
			continue
		}
		if has, err := in.Version(ctx, room, v.ID); err == nil && bytes.Equal(has, blob) {
			return false, nil
		}
	}
	_, err = in.KeepVersion(ctx, room, Version{Why: whyOther}, blob)
	return true, err
}

// keepOthers keeps late updates of other incarnations as versions, one for each incarnation, unless
// the room was deleted. What cannot be read is left out.
func (s *Store) keepOthers(ctx context.Context, room string, late []cluster.Late) error {
	if len(late) == 0 {
		return nil
	}
	if deleted, err := s.isDeleted(ctx, room); deleted || err != nil {
		return err
	}
	others := map[uint64]*copied{}
	for _, l := range late {
		c := others[l.Incarnation]
		if c == nil {
			c = &copied{}
			others[l.Incarnation] = c
		}
		c.rows = append(c.rows, l.Data)
	}
	for _, c := range others {
		state, err := c.read(s.c.MaxDocument)
		if err != nil || state.Empty() {
			s.c.Log.Error("late updates of another document cannot be kept",
				slog.String("room", room), slog.Any("reason", err))
			continue
		}
		if err := s.keepCopy(ctx, room, c); err != nil {
			return err
		}
	}
	return nil
}

// dropLocal drops the local copy of a room that was dropped in Redis; c has what Redis never had,
// if unsent: that is kept as a version. The room's lock is held.
func (s *Store) dropLocal(ctx context.Context, room string, c *copied, unsent bool) error {
	if unsent {
		if err := s.keepCopy(ctx, room, c); err != nil {
			return err
		}
	}
	if err := s.c.Local.Drop(ctx, room); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.marks, room)
	delete(s.dirty, room)
	s.count.drops.Inc()
	return nil
}
