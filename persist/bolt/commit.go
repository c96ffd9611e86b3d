package bolt

import (
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// commit puts pending rows, then batch, then the effect of change on the disk in one transaction.
// change may be nil.
func (s *Store) commit(batch []wal.Row, change func(*manifest) error) error {
	rows := append(s.pending[:len(s.pending):len(s.pending)], batch...)
	var commits uint64
	growth := s.growth
	for _, r := range rows {
		growth += len(r.Value)
	}
	s.growth = 0
	err := guard(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			l := readManifest(tx)
			if err := putRows(l, rows, s.last); err != nil {
				return err
			}
			if err := s.cancelExpiries(l, rows); err != nil {
				return err
			}
			if err := putMarks(tx, s.marks); err != nil {
				return err
			}
			if change != nil {
				if err := change(l); err != nil {
					return err
				}
			}
			err := l.write(s.last)
			commits = l.sums.commits
			if err == nil {
				if b := s.backup.Load(); b != nil {
					b.giveWay(tx, growth)
				}
				s.prepareReaders(tx, growth)
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

// committed moves rows from pending to the index, and resets the log. The database has them by
// then.
func (s *Store) committed(rows []wal.Row) {
	s.mu.Lock()
	for _, r := range rows {
		s.index.add(r.Key.Room(), r.Key.Seq())
	}
	s.pending, s.marks = nil, nil
	s.mu.Unlock()
	for _, r := range rows {
		delete(s.expiring, r.Key.Room())
	}
	s.flushErr = nil
	if s.wal != nil { // the store is open
		s.wal.Reset(s.commits)
	}
}

// putRows stores rows and the newest sequence number.
func putRows(l *manifest, rows []wal.Row, last uint64) error {
	b := l.tx.Bucket(journalBucket)
	b.FillPercent = 1 // keys ascend: none is ever put between two
	for _, r := range rows {
		if err := putBlob(b, r.Key[:], r.Value); err != nil {
			return err
		}
		e, err := l.entry(r.Key.Room(), r.Owner())
		if err != nil {
			return err
		}
		e.rows.Add(digestOfRow(r))
	}
	return b.SetSequence(last)
}

// covered returns the numbers of the room's rows up to through, those of pending ones too.
func (s *Store) covered(id wal.RoomID, through uint64) []uint64 {
	seqs := s.index.covered(id, through)
	for _, r := range s.pending {
		if r.Key.Room() == id && r.Key.Seq() <= through {
			seqs = append(seqs, r.Key.Seq())
		}
	}
	return seqs
}

// deleteRows deletes the room's rows up to through.
func (s *Store) deleteRows(l *manifest, room string, through uint64) error {
	id := wal.IDOf(room)
	e, err := l.entry(id, room)
	if err != nil {
		return err
	}
	b := l.tx.Bucket(journalBucket)
	for _, seq := range s.covered(id, through) {
		r := wal.Row{Key: wal.KeyOf(seq, id)}
		if r.Value = b.Get(chunkKey(r.Key[:], 0)); r.Value != nil {
			e.rows.Remove(digestOfRow(r))
		}
		if err := deleteBlob(b, r.Key[:]); err != nil {
			return err
		}
	}
	return nil
}

// prepareReaders begins read transactions for calls that read while a transaction is written,
// which adds about growth bytes. It begins none where the map might have to grow, as bbolt waits
// for readers then. It is called when nothing but writing is left to do.
func (s *Store) prepareReaders(tx *bbolt.Tx, growth int) {
	if mayRemap(tx, growth) {
		return
	}
	p := &readers{free: make(chan *bbolt.Tx, readyReaders)}
	for range readyReaders {
		if reader, err := s.db.Begin(false); err == nil {
			p.free <- reader
		}
	}
	p.timer = time.AfterFunc(readyFor, p.end)
	s.mu.Lock()
	s.readers = p
	s.mu.Unlock()
}

// releaseReaders ends these transactions, once the commit is written or has failed.
func (s *Store) releaseReaders() {
	s.mu.Lock()
	p := s.readers
	s.readers = nil
	s.mu.Unlock()
	if p != nil {
		p.timer.Stop()
		p.end()
	}
}

// cancelExpiry deletes a room's expiry, if it has one.
func (s *Store) cancelExpiry(l *manifest, id wal.RoomID) error {
	room, ok := s.expiring[id]
	if !ok {
		return nil
	}
	e, err := l.entry(id, room)
	if err != nil {
		return err
	}
	e.expires = 0
	return l.tx.Bucket(expiryBucket).Delete([]byte(room))
}

func (s *Store) cancelExpiries(l *manifest, rows []wal.Row) error {
	for _, r := range rows {
		if err := s.cancelExpiry(l, r.Key.Room()); err != nil {
			return err
		}
	}
	return nil
}
