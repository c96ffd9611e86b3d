package nodestore

import (
	"context"
	"log/slog"
	"math"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// Replace makes a snapshot of a later incarnation all that is stored of a room: first in Redis,
// which knows from then on that the incarnation before was dropped, so that other nodes drop their
// copies, and then on the local disk. It can be repeated after an error.
func (s *Store) Replace(ctx context.Context, name string, blob []byte) error {
	r, err := s.hold(ctx, name)
	if err != nil {
		return err
	}
	defer r.lock.release()
	lease, err := s.lease(r)
	if err != nil {
		return err
	}
	if err := s.replaceShared(ctx, lease, blob); err != nil {
		if isRefusal(err) {
			s.refused(r, lease, err)
		}
		return err
	}
	if err := s.replaceLocal(ctx, r, blob); err != nil {
		return err
	}
	return s.writeMarks(ctx)
}

// replaceShared replaces what Redis has of a room, with its versions.
func (s *Store) replaceShared(ctx context.Context, lease cluster.Lease, blob []byte) error {
	info, err := snapshot.Stat(blob)
	if err != nil {
		return err
	}
	call, cancel := s.within(ctx)
	defer cancel()
	if err := s.c.Shared.SaveSnapshot(call, lease, cluster.FencedSnapshot{
		Data: blob, Incarnation: snapshot.Rank(info.Incarnation), Version: info.Version,
		Through:  cluster.Position{Fence: lease.Fence, Number: math.MaxUint64},
		Replaces: true,
	}); err != nil {
		return err
	}
	versions, err := s.c.Archive.Versions(call, lease.Room)
	for _, v := range versions {
		if err == nil {
			err = s.c.Archive.DeleteVersion(call, lease.Room, v.ID)
		}
	}
	return err
}

// replaceLocal replaces what the local disk has of a room. The room's lock is held.
func (s *Store) replaceLocal(ctx context.Context, r *room, blob []byte) error {
	if err := s.c.Local.Drop(ctx, r.name); err != nil {
		return err
	}
	if err := s.c.Local.SaveSnapshot(ctx, r.name, blob, 0); err != nil {
		return err
	}
	generation := s.generation(r.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropRowsLocked(r)
	r.incarnation = snapshot.Rank(roomstate.IncarnationOf(blob))
	r.places, r.late, r.covers, r.unmerged = nil, nil, 0, cluster.Position{}
	r.whole, r.held, r.sent, r.loaded = false, Row{}, r.last, r.last
	r.work &^= workSnapshot
	s.setMark(Mark{
		Room: r.name, Incarnation: r.incarnation, Sent: r.last, Generation: generation,
	})
	return nil
}

// deletion returns the late update that says that a room was deleted, if it is of a later
// incarnation than one that is stored; nil if there is none. Redis has lost the deletion then.
func deletion(late []cluster.Late, than uint64) *cluster.Late {
	for i := range late {
		if late[i].Incarnation > than && roomstate.IsDeleted(late[i].Data) {
			return &late[i]
		}
	}
	return nil
}

// deleteAgain makes Redis have a deletion again that it has lost, and the document back.
func (s *Store) deleteAgain(ctx context.Context, lease cluster.Lease, data []byte) error {
	state, err := roomstate.Read(nil, [][]byte{data}, s.c.MaxDocument)
	if err != nil {
		return err
	}
	blob, err := state.Snapshot(s.c.Compression)
	if err != nil {
		return err
	}
	s.c.Log.Warn("Redis has lost that a document was deleted; it is deleted again",
		slog.String("room", lease.Room))
	return s.replaceShared(ctx, lease, blob)
}
