package nodestore

import (
	"context"
	"log/slog"
	"slices"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// takeOver takes over a room whose lease this node has. The room's lock is held.
func (s *Store) takeOver(ctx context.Context, r *room, g cluster.Grant) (*takeover, error) {
	t := &takeover{s: s, r: r, lease: g.Lease}
	s.mu.Lock()
	again := r.owned
	t.again, t.loaded = again, r.incarnation
	s.dropRowsLocked(r) // they are on the disk, which is read from here on
	r.whole, r.held = false, Row{}
	s.mu.Unlock()
	err := t.run(ctx, g)
	if err == nil {
		if lease, ok := s.c.Node.Lease(r.name); !ok || lease != g.Lease {
			s.addWork(r, workLost) // it was lost before the room was this node's
		}
		return t, nil
	}
	if isRefusal(err) {
		s.refused(r, g.Lease, err)
	}
	if again {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sendWholeLocked(r) // in place of the rows that were dropped
	}
	return nil, err
}

func (t *takeover) run(ctx context.Context, g cluster.Grant) error {
	if err := t.read(ctx, g); err != nil {
		return err
	}
	if err := t.choose(ctx, g); err != nil {
		return err
	}
	if t.redis.incarnation == 0 {
		t.begin(g)
		return nil
	}
	if err := t.merge(); err != nil {
		return err
	}
	if err := t.send(ctx); err != nil {
		return err
	}
	if err := t.store(ctx); err != nil {
		return err
	}
	t.begin(g)
	return nil
}

// read reads what Redis and the disk have.
func (t *takeover) read(ctx context.Context, g cluster.Grant) (err error) {
	if t.redis, err = t.s.shared(ctx, t.r.name); err != nil {
		return err
	}
	t.redis.version = max(t.redis.version, g.Version)
	t.disk, err = t.s.local(ctx, t.r.name)
	if err != nil && isDamage(err) && t.redis.incarnation != 0 {
		t.s.c.Log.Error("the copy of a room on the disk is damaged; it is quarantined",
			slog.String("room", t.r.name), slog.Any("reason", err))
		t.disk = &copied{}
		err = t.s.c.Local.Quarantine(ctx, t.r.name)
	}
	return err
}

// choose decides which document the room has: that in Redis, or else the newest. Others become
// versions. Late updates of it come into the journal in Redis.
func (t *takeover) choose(ctx context.Context, g cluster.Grant) error {
	var late []cluster.Late
	if g.Late > 0 {
		call, cancel := t.s.within(ctx)
		defer cancel()
		var err error
		if late, err = t.s.c.Shared.Late(call, t.r.name); err != nil {
			return err
		}
	}
	if err := t.deleteAgain(ctx, late); err != nil {
		return err
	}
	mark := t.s.mark(t.r.name)
	rows, whole := t.disk.unsent(mark)
	t.settled = !whole && len(rows) == 0 && mark.Generation == g.Generation
	if t.redis.incarnation == 0 {
		if err := t.forgetDropped(ctx, late); err != nil {
			return err
		}
		t.redis.incarnation = t.disk.incarnation
		for _, l := range late {
			t.redis.incarnation = max(t.redis.incarnation, l.Incarnation)
		}
	}
	if t.again && t.redis.incarnation != t.loaded {
		return errAnother
	}
	t.deleted = t.isDeleted(late)
	if !t.disk.empty() && t.disk.incarnation != t.redis.incarnation {
		if !t.settled && !t.deleted {
			if err := t.s.keepCopy(ctx, t.r.name, t.disk); err != nil {
				return err
			}
		}
		t.replace = true
	}
	if len(late) == 0 {
		return nil
	}
	return t.takeLate(ctx, late)
}

// deleteAgain makes Redis have a deletion again that it has lost, and that the disk or a late
// update says.
func (t *takeover) deleteAgain(ctx context.Context, late []cluster.Late) error {
	var data []byte
	if l := deletion(late, t.redis.incarnation); l != nil {
		data = l.Data
	} else if t.disk.incarnation > t.redis.incarnation && t.disk.isDeleted() {
		state, err := t.disk.read(t.s.c.MaxDocument)
		if err == nil {
			data, err = state.Snapshot(t.s.c.Compression)
		}
		if err != nil {
			return err
		}
	}
	if data == nil || t.redis.incarnation == 0 { // a room without a document begins with it
		return nil
	}
	if err := t.s.deleteAgain(ctx, t.lease, data); err != nil {
		return err
	}
	version := t.redis.version
	var err error
	t.redis, err = t.s.shared(ctx, t.r.name)
	if err == nil {
		t.redis.version = max(t.redis.version, version)
	}
	return err
}

// isDeleted reports whether the document that was chosen was deleted, by anything that is known.
func (t *takeover) isDeleted(late []cluster.Late) bool {
	chosen := t.redis.incarnation
	return t.redis.isDeleted() || t.disk.incarnation == chosen && t.disk.isDeleted() ||
		slices.ContainsFunc(late, func(l cluster.Late) bool {
			return l.Incarnation == chosen && roomstate.IsDeleted(l.Data)
		})
}

// forgetDropped drops the local copy of a room of which Redis has nothing, if the room was dropped:
// Redis says so, or had all of it and has lost nothing since. What it may not have had becomes a
// version. A room is not dropped while late updates of it wait, as after this node has put it back.
func (t *takeover) forgetDropped(ctx context.Context, late []cluster.Late) error {
	if t.disk.empty() || t.again { // of a loaded room the writes are refused
		return nil
	}
	waits := func(l cluster.Late) bool { return l.Incarnation == t.disk.incarnation }
	if slices.ContainsFunc(late, waits) {
		return nil
	}
	if !t.settled {
		call, cancel := t.s.within(ctx)
		defer cancel()
		dropped, err := t.s.c.Shared.Dropped(call,
			[]string{t.r.name}, []uint64{t.disk.incarnation})
		if err != nil || !dropped[0] {
			return err
		}
	}
	if err := t.s.dropLocal(ctx, t.r.name, t.disk, !t.settled); err != nil {
		return err
	}
	t.disk = &copied{}
	return nil
}

func (t *takeover) takeLate(ctx context.Context, late []cluster.Late) error {
	ours := func(l cluster.Late) bool { return l.Incarnation == t.redis.incarnation }
	others := slices.DeleteFunc(slices.Clone(late), ours)
	if t.deleted {
		others = nil
	}
	if err := t.s.keepOthers(ctx, t.r.name, others); err != nil {
		return err
	}
	call, cancel := t.s.within(ctx)
	defer cancel()
	taken, others, err := t.s.c.Shared.TakeLate(call, t.lease, t.redis.incarnation)
	if err != nil {
		return err
	}
	for _, row := range taken {
		t.redis.rows, t.redis.at = append(t.redis.rows, row.Data), row.At
	}
	t.s.count.taken.Add(len(taken))
	if !t.deleted && len(others) > len(late)-len(taken) { // some came in between
		return t.s.keepOthers(ctx, t.r.name, others)
	}
	return nil
}

// merge merges both, and finds out what each lacks.
func (t *takeover) merge() (err error) {
	limit := t.s.c.MaxDocument
	if t.state, err = t.redis.read(limit); err != nil {
		return err
	}
	if t.same = t.redis.equal(t.disk); t.same || t.replace || t.disk.empty() {
		return nil
	}
	if !t.settled {
		if t.more, err = lacking(t.disk, t.redis, limit); err != nil {
			return err
		}
	}
	news, err := lacking(t.redis, t.disk, limit)
	if err != nil {
		return err
	}
	if news != nil {
		t.news = [][]byte{news}
	}
	if t.more != nil {
		err = t.state.Add(t.more, limit)
	}
	return err
}

// send gives Redis what it lacks. With Config.Redis that has to succeed.
func (t *takeover) send(ctx context.Context) (err error) {
	if t.more == nil {
		return nil
	}
	call, cancel := t.s.within(ctx)
	defer cancel()
	if t.redis.empty() {
		err = t.sendWhole(call)
	} else {
		rows := []cluster.FencedRow{{
			Lease: t.lease, Incarnation: t.redis.incarnation, Data: t.more,
		}}
		if err = t.s.c.Shared.Append(call, rows); err == nil {
			err = rows[0].Err
		}
		t.redis.at = rows[0].At
	}
	if err != nil && !t.s.c.Redis && !isRefusal(err) {
		t.s.mu.Lock()
		defer t.s.mu.Unlock()
		t.s.sendWholeLocked(t.r)
		return nil
	}
	return err
}

func (t *takeover) sendWhole(ctx context.Context) error {
	blob, err := t.state.Snapshot(t.s.c.Compression)
	if err != nil {
		return err
	}
	return t.s.c.Shared.SaveSnapshot(ctx, t.lease, cluster.FencedSnapshot{
		Data: blob, Incarnation: t.redis.incarnation, Version: t.state.Version,
	})
}
