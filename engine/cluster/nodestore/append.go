package nodestore

import (
	"context"
	"slices"
)

// Append makes rows durable on the local disk and, with Config.Redis, in Redis. Without, Redis has
// them within Config.Delay. A row of a room that another node has is stored and refused: it goes to
// that node as a late update.
func (s *Store) Append(ctx context.Context, rows []Row) error {
	if s.c.Redis {
		return s.appendBoth(ctx, rows)
	}
	if err := s.c.Local.Append(ctx, rows); err != nil {
		return err
	}
	s.enqueue(rows)
	return nil
}

// appendBoth stores rows on the disk, and then in Redis.
func (s *Store) appendBoth(ctx context.Context, rows []Row) error {
	fresh, places := s.notHeld(rows)
	if err := s.c.Local.Append(ctx, fresh); err != nil {
		return err
	}
	s.enqueue(fresh)
	for i, at := range places {
		rows[at] = fresh[i]
	}
	err := s.sendAll(ctx, rows)
	if err == nil {
		_ = s.writeMarks(ctx)
	}
	return err
}

// notHeld returns the rows that are not on the disk yet, and where they stand in rows. The others
// have their numbers.
func (s *Store) notHeld(rows []Row) (fresh []Row, places []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range rows {
		row := &rows[i]
		r := s.rooms[row.Room]
		if r != nil && r.owned && r.isHeld(row.Data) {
			row.Seq, row.Err = r.held.Seq, nil
			continue
		}
		fresh, places = append(fresh, *row), append(places, i)
	}
	return fresh, places
}

// sendAll sends the outbox until Redis has all rows, or has refused them. It fails if Redis takes
// none; a row that alone is not taken has an Err.
func (s *Store) sendAll(ctx context.Context, rows []Row) error {
	defer s.refuseUnsent(rows)
	for some := true; some && s.unsentRows(rows); {
		var err error
		if some, err = s.send(ctx); err != nil {
			return err
		}
	}
	return nil
}

// unsentRows reports whether Redis lacks a row of a room that this node has.
func (s *Store) unsentRows(rows []Row) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(rows, func(row Row) bool {
		r := s.rooms[row.Room]
		return row.Err == nil && r != nil && r.owned && row.Seq > r.sent
	})
}

// refuseUnsent gives an Err to the rows that Redis does not have.
func (s *Store) refuseUnsent(rows []Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range rows {
		row := &rows[i]
		switch r := s.rooms[row.Room]; {
		case row.Err != nil:
		case r == nil || !r.owned:
			row.Err = notOwner{}
		case row.Seq > r.sent:
			row.Err = errWaits
		}
	}
}
