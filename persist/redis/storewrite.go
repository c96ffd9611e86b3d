package redis

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// leased is a room that a Store has the lease of.
type leased struct {
	lease       Lease
	incarnation uint64
	first       uint64 // the number of the first row that was appended with this lease; 0: none
	refused     bool   // another node has the room: lease is its
}

// Append adds each row to its room.
func (s *Store) Append(ctx context.Context, rows []persist.Row) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.use.RUnlock()
	persist.CheckRows(rows)
	for try := range 2 {
		again, err := s.append(ctx, rows, try > 0)
		if err != nil || !again {
			return err
		}
	}
	return nil
}

// append appends the rows that have no answer, and says whether leases have ended meanwhile: then
// rows of their rooms still have no answer, unless it is the last try.
func (s *Store) append(ctx context.Context, rows []persist.Row, last bool) (again bool, err error) {
	var rooms []string
	for i := range rows {
		if rows[i].Err == nil && rows[i].Seq == 0 {
			rooms = append(rooms, rows[i].Room)
		}
	}
	leases, err := s.lease(ctx, rooms...)
	if err != nil {
		return false, err
	}
	var fenced []FencedRow
	var at []int
	for i := range rows {
		row := &rows[i]
		if row.Err != nil || row.Seq != 0 {
			continue
		}
		l := leases[row.Room]
		if l.refused {
			row.Err = ErrNotOwner
			continue
		}
		fenced = append(fenced, FencedRow{
			Lease: l.lease, Incarnation: l.incarnation, Data: row.Data,
		})
		at = append(at, i)
	}
	if err := s.c.Append(ctx, fenced); err != nil {
		return false, err
	}
	for k := range fenced {
		row, f := &rows[at[k]], &fenced[k]
		var is refusal
		switch {
		case f.Err == nil:
			row.Seq = f.At.Number
			s.appended(row.Room, f)
		case errors.As(f.Err, &is):
			s.forget(f.Lease)
			if again = true; last {
				row.Err = f.Err
			}
		default:
			return false, f.Err
		}
	}
	return again, nil
}

// SaveSnapshot replaces the room's snapshot, and drops the rows that it covers.
func (s *Store) SaveSnapshot(
	ctx context.Context, room string, snapshot []byte, through uint64,
) (err error) {
	if err := s.begin(ctx, room); err != nil {
		return err
	}
	defer s.use.RUnlock()
	for range 2 {
		err = s.save(ctx, room, snapshot, through)
		if !errors.Is(err, ErrNotOwner) && !errors.Is(err, ErrDropped) {
			return err
		}
	}
	return err
}

// save is SaveSnapshot, once. If it is refused the lease is forgotten.
func (s *Store) save(ctx context.Context, room string, snapshot []byte, through uint64) error {
	leases, err := s.lease(ctx, room)
	if err != nil {
		return err
	}
	l := leases[room]
	if l.refused {
		return ErrNotOwner
	}
	f := FencedSnapshot{Data: snapshot, Incarnation: l.incarnation}
	if f.Through, err = s.position(ctx, l, through); err != nil {
		return err
	}
	keep := s.retention()
	err = s.c.saveSnapshot(ctx, l.lease, f, keep.Clock(), keepArgs(keep)...)
	if errors.Is(err, ErrNotOwner) || errors.Is(err, ErrDropped) {
		s.forget(l.lease)
	}
	if errors.Is(err, persist.ErrCorrupt) {
		return &persist.CorruptError{Room: room, Reason: "it was found to be damaged before"}
	}
	return err
}

// position returns the place of the last row with a number up to through.
func (s *Store) position(ctx context.Context, l leased, through uint64) (Position, error) {
	if l.first != 0 && through >= l.first {
		return Position{Fence: l.lease.Fence, Number: through}, nil
	}
	one := call{s.c.ShardOf(l.lease.Room), []string{l.lease.Room, decimal(through)}}
	id, err := s.c.run(ctx, locateScript, one)[0].ToString()
	if err != nil {
		return Position{}, failure(err)
	}
	return position(id), nil
}

// lease returns the leases of rooms, in one pipeline for those that have none yet.
func (s *Store) lease(ctx context.Context, rooms ...string) (map[string]leased, error) {
	all, b := make(map[string]leased, len(rooms)), s.c.newCalls("", s.node, milliseconds(storeLease))
	s.mu.Lock()
	for i, room := range rooms {
		if l := s.leased[room]; l != nil {
			all[room] = *l
		} else if _, ok := all[room]; !ok {
			all[room] = leased{}
			b.add(s.c.ShardOf(room), i, room)
		}
	}
	s.mu.Unlock()
	if len(b.list) == 0 {
		return all, nil
	}
	for at, result := range s.c.run(ctx, acquireScript, b.list...) {
		answer, err := texts(result)
		if err != nil {
			return nil, err
		}
		if len(answer) != 1+grantParts*len(b.items[at]) {
			return nil, errAnswer
		}
		for k, i := range b.items[at] {
			part := answer[1+grantParts*k:][:grantParts]
			all[rooms[i]] = s.granted(grant(rooms[i], "", part), parse(part[5], 16))
		}
	}
	return all, nil
}

// granted remembers a lease. A room that has no incarnation gets one that is newer than the one
// that was dropped.
func (s *Store) granted(g Grant, dropped uint64) leased {
	l := &leased{lease: g.Lease, incarnation: g.Incarnation, refused: g.Lease.Node != s.node}
	if l.refused {
		return *l
	}
	if l.incarnation == 0 {
		made := uint64(time.Now().UnixMilli())<<22 | uint64(rand.Uint32N(1<<22))
		l.incarnation = max(made, dropped+1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leased[l.lease.Room] = l
	return *l
}

// appended remembers the first row that was appended with a lease.
func (s *Store) appended(room string, f *FencedRow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.leased[room]; l != nil && l.lease == f.Lease && l.first == 0 {
		l.first = f.At.Number
	}
}

// forget forgets a lease that has ended.
func (s *Store) forget(lease Lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.leased[lease.Room]; l != nil && l.lease == lease {
		delete(s.leased, lease.Room)
	}
}
