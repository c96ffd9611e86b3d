package bolt

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Append writes the rows to the log, or if they do not fit there commits them. The
// next transaction takes them along.
func (s *Store) Append(ctx context.Context, rows []persist.Row) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	left := persist.CheckRows(rows)
	if left == 0 {
		return nil
	}
	batch := wal.EncodeRows(s.last+1, rows, left)
	s.last += uint64(len(batch)) // whatever comes: a failed commit may be on the disk
	return s.write(batch)
}

func (s *Store) write(batch []wal.Row) error {
	if s.late != nil {
		return s.commit(batch, nil)
	}
	fits, err := s.wal.Append(batch)
	if !fits || err != nil {
		return s.commit(batch, nil)
	}
	if len(s.pending) == 0 {
		s.flush.Reset(s.interval)
	}
	s.mu.Lock()
	s.pending = append(s.pending, batch...)
	s.mu.Unlock()
	return nil
}

// flushNow runs on the timer's goroutine. Nobody waits for it, so the next Append
// commits by itself and returns what still fails.
func (s *Store) flushNow() {
	if s.acquire(context.Background()) != nil {
		return
	}
	defer s.release()
	if s.late = s.sync(); s.late != nil {
		s.flush.Reset(s.interval)
	}
}

// sync puts pending rows on the disk.
func (s *Store) sync() error {
	if len(s.pending) == 0 {
		return nil
	}
	return s.commit(nil, nil)
}

// SaveSnapshot writes the snapshot, keeps the one before if it is time, and drops the
// rows it covers in one transaction.
func (s *Store) SaveSnapshot(ctx context.Context, room string, snapshot []byte, through uint64) error {
	if err := persist.CheckRoom(room); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	through = min(through, s.last)
	id, now := wal.IDOf(room), s.keep.Clock()
	s.adds = len(snapshot)
	if err := s.commit(nil, func(l *manifest) error {
		if err := damageOf(l.tx, id, room); err != nil {
			return err
		}
		if err := s.keepReplaced(l, room, now); err != nil {
			return err
		}
		if err := putSnapshot(l, room, snapshot, through, now); err != nil {
			return err
		}
		if err := s.cancelExpiry(l, id); err != nil {
			return err
		}
		return s.deleteRows(l, room, through)
	}); err != nil {
		return err
	}
	delete(s.expiring, id)
	s.mu.Lock()
	s.index.drop(id, through)
	s.mu.Unlock()
	return nil
}

// covered returns the numbers of the room's rows up to through, pending ones too.
func (s *Store) covered(id wal.RoomID, through uint64) []uint64 {
	seqs := s.index.covered(id, through)
	for _, r := range s.pending {
		if r.Key.Room() == id && r.Key.Seq() <= through {
			seqs = append(seqs, r.Key.Seq())
		}
	}
	return seqs
}

// commit puts pending rows, then batch, then change on the disk in one transaction.
func (s *Store) commit(batch []wal.Row, change func(*manifest) error) error {
	rows := append(s.pending[:len(s.pending):len(s.pending)], batch...)
	var commits uint64
	adds := s.adds
	for _, r := range rows {
		adds += len(r.Value)
	}
	s.adds = 0
	err := guard(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			l := openManifest(tx)
			if err := putRows(l, rows, s.last); err != nil {
				return err
			}
			if err := s.cancelExpiries(l, rows); err != nil {
				return err
			}
			if change != nil {
				if err := change(l); err != nil {
					return err
				}
			}
			err := l.close(s.last)
			commits = l.sums.commits
			if err == nil {
				s.prepareReaders(tx, adds)
			}
			return err
		})
	})
	s.releaseReaders()
	if err != nil {
		return fmt.Errorf("writing %s: %w", s.db.Path(), err)
	}
	s.commits = commits
	s.committed(rows)
	return nil
}

func (s *Store) committed(rows []wal.Row) {
	s.mu.Lock()
	for _, r := range rows {
		s.index.add(r.Key.Room(), r.Key.Seq())
	}
	s.pending = nil
	s.mu.Unlock()
	for _, r := range rows {
		delete(s.expiring, r.Key.Room())
	}
	s.late = nil
	if s.wal != nil { // the store is open
		s.wal.Reset(s.commits)
	}
}

func putRows(l *manifest, rows []wal.Row, last uint64) error {
	b := l.tx.Bucket(journalBucket)
	b.FillPercent = 1 // keys ascend: nothing will ever come between
	for _, r := range rows {
		if err := putBlob(b, r.Key[:], r.Value); err != nil {
			return err
		}
		e, err := l.of(r.Key.Room(), r.Owner())
		if err != nil {
			return err
		}
		e.rows.add(digestOfRow(r))
	}
	return b.SetSequence(last)
}

// deleteRows deletes the room's rows up to through.
func (s *Store) deleteRows(l *manifest, room string, through uint64) error {
	id := wal.IDOf(room)
	e, err := l.of(id, room)
	if err != nil {
		return err
	}
	b := l.tx.Bucket(journalBucket)
	for _, seq := range s.covered(id, through) {
		r := wal.Row{Key: wal.KeyOf(seq, id)}
		if r.Value = b.Get(chunkKey(r.Key[:], 0)); r.Value != nil {
			e.rows.remove(digestOfRow(r))
		}
		if err := deleteBlob(b, r.Key[:]); err != nil {
			return err
		}
	}
	return nil
}
