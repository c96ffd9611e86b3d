package bolt

import (
	"context"
	"errors"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// SetMarks replaces the marks of rooms. They are written with the next transaction, after
// Config.SyncInterval at the latest, and not at once: after a crash more may count as unsent than
// is. Setting marks costs no sync of its own as long as rows are stored.
func (s *Store) SetMarks(ctx context.Context, marks []persist.Mark) error {
	for _, m := range marks {
		if err := persist.CheckRoom(m.Room); err != nil {
			return err
		}
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) == 0 && len(s.marks) == 0 && len(marks) > 0 {
		s.flush.Reset(s.interval)
	}
	if s.marks == nil {
		s.marks = map[string]persist.Mark{}
	}
	for _, m := range marks {
		s.marks[m.Room] = m
	}
	return nil
}

// Marks returns all marks that can be read, in the order of their rooms. One that is damaged is
// left out, as if its room had none.
func (s *Store) Marks(ctx context.Context) (marks []persist.Mark, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all := map[string]persist.Mark{}
	s.mu.Lock() // before the transaction: what is pending now is in it, or is newer
	pending := maps.Clone(s.marks)
	s.mu.Unlock()
	err = readError("", guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { marks, _ = marksIn(tx); return nil })
	}))
	for _, m := range marks {
		all[m.Room] = m
	}
	maps.Copy(all, pending)
	marks = marks[:0]
	for _, room := range slices.Sorted(maps.Keys(all)) {
		marks = append(marks, all[room])
	}
	return marks, err
}

// Unsent returns the rooms of which more is stored than their marks say, or that have no mark, in
// order.
func (s *Store) Unsent(ctx context.Context) (rooms []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var l lister
	var pending, marks map[string]persist.Mark
	take := func() {
		l, pending = lister{index: maps.Clone(s.index), pending: s.pending}, maps.Clone(s.marks)
	}
	if err := s.read(ctx, "", take, func(tx *bbolt.Tx) error {
		marks = map[string]persist.Mark{}
		stored, _ := marksIn(tx)
		for _, m := range stored {
			marks[m.Room] = m
		}
		return l.list(tx)
	}); err != nil {
		return nil, err
	}
	maps.Copy(marks, pending)
	last := l.last()
	for _, r := range l.sorted() {
		id := wal.IDOf(r.Key)
		m, marked := marks[r.Key]
		if newest := max(last[id], l.through[id]); (r.Snapshot >= 0 || last[id] > 0) &&
			(!marked || m.Whole || newest > m.Sent) {
			rooms = append(rooms, r.Key)
		}
	}
	return rooms, errors.Join(l.errs...)
}

// last returns the number of the newest row of each room.
func (l *lister) last() map[wal.RoomID]uint64 {
	last := make(map[wal.RoomID]uint64, len(l.index))
	for id, seqs := range l.index {
		last[id] = seqs[len(seqs)-1]
	}
	for _, r := range l.pending {
		last[r.Key.Room()] = max(last[r.Key.Room()], r.Key.Seq())
	}
	return last
}

// LoadNumbered is Load with the numbers: covered is that of the last row that the snapshot covers,
// 0 without one, and each row has its own.
func (s *Store) LoadNumbered(
	ctx context.Context, room string,
) (snapshot []byte, covered uint64, rows []persist.Row, err error) {
	l, err := s.loadRoom(ctx, room)
	if err != nil {
		return nil, 0, nil, err
	}
	for i, data := range l.journal {
		rows = append(rows, persist.Row{Room: room, Data: data, Seq: l.numbers[i]})
	}
	return l.snapshot, l.through, rows, nil
}

// Drop deletes everything that is stored of rooms, whether they expire or not, with their marks.
func (s *Store) Drop(ctx context.Context, rooms ...string) error {
	for chunk := range slices.Chunk(rooms, maxDrops) {
		if err := s.dropChunk(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) dropChunk(ctx context.Context, rooms []string) error {
	for _, room := range rooms {
		if err := persist.CheckRoom(room); err != nil {
			return err
		}
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	damaged := 0
	err := s.commit(nil, func(l *manifest) error {
		damaged = 0
		for _, room := range rooms {
			id := wal.IDOf(room)
			e, err := l.entry(id, room)
			if err != nil {
				return err
			}
			if e.damaged {
				damaged++
			}
			if err := l.tx.Bucket(damageBucket).Delete(id[:]); err != nil {
				return err
			}
		}
		return s.drop(l, rooms)
	})
	s.forget(rooms)
	if err == nil {
		s.counters.damaged.Add(int64(-damaged))
	}
	return err
}
