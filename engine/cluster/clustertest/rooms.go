package clustertest

import (
	"bytes"
	"context"
	"slices"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

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
			if w.Err = s.refused(r, s.mayAppend(r, w.Lease), w.Incarnation); w.Err == nil {
				w.At = s.add(r, *w).At
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
		switch {
		case !s.mayWrite(r, lease):
			return cluster.ErrNotOwner
		case w.Incarnation < r.incarnation, r.incarnation == 0 && w.Incarnation <= r.dropped:
			return cluster.ErrDropped
		case w.Incarnation > r.incarnation:
			if w.Replaces {
				r.dropped, r.late = r.incarnation, nil
			}
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
		before := r.incarnation
		if err := s.refused(r, s.mayWrite(r, lease), incarnation); err != nil {
			return err
		}
		for _, late := range r.late {
			if late.Incarnation != incarnation {
				others = append(others, late)
				continue
			}
			row := cluster.FencedRow{Lease: lease, Snapshot: late.Snapshot, Data: late.Data}
			rows = append(rows, s.add(r, row))
		}
		if r.late = nil; len(rows) == 0 {
			r.incarnation = before
		}
		return nil
	})
	return rows, others, err
}

// OfferLate implements cluster.Shared.
func (c *Client) OfferLate(ctx context.Context, all []cluster.Late) error {
	return c.call(ctx, "OfferLate", func(s *state) error {
		for i := range all {
			r := s.room(all[i].Room)
			if all[i].Err = nil; all[i].Incarnation <= r.dropped {
				all[i].Err = cluster.ErrDropped
				continue
			}
			late := all[i]
			late.Data = bytes.Clone(late.Data)
			if slices.ContainsFunc(r.late, func(l cluster.Late) bool { return sameLate(l, late) }) {
				continue
			}
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

// OfferClaims adds claims that this node made when it had the room, as older ones.
func (c *Client) OfferClaims(ctx context.Context, name string, hashes []string) error {
	return c.call(ctx, "OfferClaims", func(s *state) error {
		r := s.room(name)
		known := func(hash string) bool { return slices.Contains(r.claims, hash) }
		r.claims = append(slices.DeleteFunc(slices.Clone(hashes), known), r.claims...)
		r.claims = r.claims[max(0, len(r.claims)-cluster.MaxClaims):]
		return nil
	})
}

// Claimed implements cluster.Shared.
func (c *Client) Claimed(ctx context.Context, name string) (claimed []string, err error) {
	err = c.call(ctx, "Claimed", func(s *state) error {
		claimed = slices.Clone(s.room(name).claims)
		slices.Reverse(claimed)
		return nil
	})
	return claimed, err
}

// Late returns the late updates of a room, and leaves them where they are.
func (c *Client) Late(ctx context.Context, name string) (all []cluster.Late, err error) {
	err = c.call(ctx, "Late", func(s *state) error {
		all = slices.Clone(s.room(name).late)
		return nil
	})
	return all, err
}

// Dropped reports for each room whether an incarnation of it was dropped.
func (c *Client) Dropped(
	ctx context.Context, names []string, incarnations []uint64,
) (dropped []bool, err error) {
	err = c.call(ctx, "Dropped", func(s *state) error {
		for i, name := range names {
			dropped = append(dropped, incarnations[i] <= s.room(name).dropped)
		}
		return nil
	})
	return dropped, err
}
