package nodestore

import (
	"bytes"
	"context"
	"slices"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// copied is the state of a room: that on the local disk, or that in Redis with its late updates.
type copied struct {
	snapshot    []byte
	rows        [][]byte // after the snapshot; journal rows or, of late updates, snapshots
	incarnation uint64   // snapshot.Rank; 0: nothing is stored

	// Of the local disk.
	covered uint64 // the last row that the snapshot covers
	last    uint64 // the newest row; at least covered
	numbers []uint64

	// Of Redis.
	version uint64
	at      cluster.Position // of the last row
}

func (c *copied) empty() bool { return c.snapshot == nil && len(c.rows) == 0 }

// equal reports whether both are stored in the same bytes.
func (c *copied) equal(o *copied) bool {
	return bytes.Equal(c.snapshot, o.snapshot) && slices.EqualFunc(c.rows, o.rows, bytes.Equal)
}

// read returns the state, as far as it is complete.
func (c *copied) read(limit int) (*roomstate.State, error) {
	return roomstate.Read(c.snapshot, c.rows, limit)
}

// rankOf returns the rank of the incarnation of a state: only some of its parts have it.
func rankOf(snap []byte, rows [][]byte) uint64 {
	if snap == nil && len(rows) == 0 {
		return 0
	}
	if snap != nil {
		return snapshot.Rank(roomstate.IncarnationOf(snap))
	}
	for _, row := range rows {
		if incarnation := roomstate.IncarnationOf(row); incarnation != 0 {
			return snapshot.Rank(incarnation)
		}
	}
	return snapshot.Rank(0)
}

// local returns what the local disk has of a room.
func (s *Store) local(ctx context.Context, room string) (*copied, error) {
	snap, covered, rows, err := s.c.Local.LoadNumbered(ctx, room)
	if err != nil {
		return nil, err
	}
	c := &copied{snapshot: snap, covered: covered, last: covered}
	for _, row := range rows {
		c.rows, c.numbers = append(c.rows, row.Data), append(c.numbers, row.Seq)
		c.last = max(c.last, row.Seq)
	}
	c.incarnation = rankOf(snap, c.rows)
	if m := s.mark(room); c.incarnation == snapshot.Rank(0) && m.Incarnation != 0 {
		c.incarnation = m.Incarnation // it is begun with rows in which it does not stand
	}
	return c, nil
}

// unsent returns whether Redis lacks something of a local state, and, unless that is the whole of
// it, the rows.
func (c *copied) unsent(m Mark) (rows [][]byte, whole bool) {
	switch {
	case c.empty():
		return nil, false
	case m.Room == "" || m.Whole || c.covered > m.Sent || m.Incarnation != c.incarnation:
		return nil, true
	}
	for i, n := range c.numbers {
		if n > m.Sent {
			rows = append(rows, c.rows[i])
		}
	}
	return rows, false
}

// shared returns what Redis has of a room, without late updates.
func (s *Store) shared(ctx context.Context, room string) (*copied, error) {
	ctx, cancel := s.within(ctx)
	defer cancel()
	found, err := s.c.Shared.Load(ctx, room)
	if err != nil {
		return nil, err
	}
	c := &copied{
		snapshot: found.Snapshot, incarnation: found.Incarnation, version: found.Version,
	}
	for _, row := range found.Rows {
		c.rows, c.at = append(c.rows, row.Data), row.At
	}
	return c, nil
}

// isDeleted reports whether Redis says that a room was deleted. Nothing of it is kept then.
func (s *Store) isDeleted(ctx context.Context, room string) (bool, error) {
	c, err := s.shared(ctx, room)
	if err != nil {
		if isDamage(err) {
			err = nil
		}
		return false, err
	}
	return c.isDeleted(), nil
}

// isDeleted reports whether a state says that its document was deleted.
func (c *copied) isDeleted() bool {
	return c.snapshot != nil && roomstate.IsDeleted(c.snapshot) ||
		slices.ContainsFunc(c.rows, roomstate.IsDeleted)
}

// lacking returns a journal row with what a has and b lacks; nil if that is nothing.
func lacking(a, b *copied, limit int) (row []byte, err error) {
	x, err := a.read(limit)
	if err != nil {
		return nil, err
	}
	y, err := b.read(limit)
	if err != nil {
		return nil, err
	}
	return x.Lacking(y)
}
