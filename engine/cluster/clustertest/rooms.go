package clustertest

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// ErrIncarnation says that a write is of another incarnation than what is stored.
var ErrIncarnation = errors.New("another incarnation of the room is stored")

// Load implements cluster.Shared.
func (c *Client) Load(ctx context.Context, name string) (found cluster.RoomState, err error) {
	err = c.call(ctx, "Load", func(s *state) error {
		r := s.room(name)
		found = cluster.RoomState{
			Incarnation: r.incarnation, Version: r.version,
			Snapshot: r.snapshot, Rows: slices.Clone(r.rows),
		}
		return nil
	})
	return found, err
}

// Append implements cluster.Shared.
func (c *Client) Append(ctx context.Context, rows []cluster.FencedRow) error {
	return c.call(ctx, "Append", func(s *state) error {
		for i := range rows {
			w := &rows[i]
			r := s.room(w.Lease.Room)
			switch w.Err = nil; {
			case !r.ownedBy(w.Lease):
				w.Err = cluster.ErrNotOwner
			case !r.begin(w.Incarnation):
				w.Err = ErrIncarnation
			default:
				w.At = r.add(w.Lease, w.Data).At
			}
		}
		return nil
	})
}

// SaveSnapshot implements cluster.Shared.
func (c *Client) SaveSnapshot(
	ctx context.Context, lease cluster.Lease, w cluster.FencedSnapshot,
) error {
	return c.call(ctx, "SaveSnapshot", func(s *state) error {
		r := s.room(lease.Room)
		if !r.ownedBy(lease) {
			return cluster.ErrNotOwner
		}
		if !r.begin(w.Incarnation) {
			r.incarnation, r.rows = w.Incarnation, nil
		}
		r.snapshot, r.version = bytes.Clone(w.Data), max(r.version, w.Version)
		r.rows = slices.DeleteFunc(r.rows, func(row cluster.FencedRow) bool {
			return covered(row.At, w.Through)
		})
		return nil
	})
}

// TakeLate implements cluster.Shared.
func (c *Client) TakeLate(
	ctx context.Context, lease cluster.Lease, incarnation uint64,
) (rows []cluster.FencedRow, others []cluster.Late, err error) {
	err = c.call(ctx, "TakeLate", func(s *state) error {
		r := s.room(lease.Room)
		if !r.ownedBy(lease) {
			return cluster.ErrNotOwner
		}
		if len(r.late) > 0 && !r.begin(incarnation) {
			return ErrIncarnation
		}
		for _, late := range r.late {
			if late.Incarnation != incarnation {
				others = append(others, late)
				continue
			}
			rows = append(rows, r.add(lease, late.Data))
		}
		r.late = nil
		return nil
	})
	return rows, others, err
}

// OfferLate implements cluster.Shared.
func (c *Client) OfferLate(ctx context.Context, all []cluster.Late) error {
	return c.call(ctx, "OfferLate", func(s *state) error {
		for i := range all {
			r := s.room(all[i].Room)
			if all[i].Err = nil; all[i].Incarnation == r.dropped && r.dropped != 0 {
				all[i].Err = cluster.ErrDropped
				continue
			}
			late := all[i]
			late.Data = bytes.Clone(late.Data)
			r.late = append(r.late, late)
		}
		return nil
	})
}

// Claim implements cluster.Shared.
func (c *Client) Claim(
	ctx context.Context, lease cluster.Lease, hash string, version uint64,
) error {
	return c.call(ctx, "Claim", func(s *state) error {
		r := s.room(lease.Room)
		if !r.ownedBy(lease) {
			return cluster.ErrNotOwner
		}
		r.claims = append(r.claims, hash)
		r.claims = r.claims[max(0, len(r.claims)-cluster.MaxClaims):]
		r.version = max(r.version, version)
		return nil
	})
}

// Claimed implements cluster.Shared.
func (c *Client) Claimed(ctx context.Context, name, hash string) (claimed bool, err error) {
	err = c.call(ctx, "Claimed", func(s *state) error {
		claimed = slices.Contains(s.room(name).claims, hash)
		return nil
	})
	return claimed, err
}
