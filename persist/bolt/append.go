package bolt

import (
	"context"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Append writes the rows to the log, or commits them if they do not fit there. Those in the log
// are pending: they go to the database with the next transaction, after Config.SyncInterval at
// the latest.
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
	s.last += uint64(len(batch)) // also if it fails: a failed commit may be on the disk
	return s.write(batch)
}

func (s *Store) write(batch []wal.Row) error {
	if s.flushErr != nil {
		return s.commit(batch, nil)
	}
	fits, err := s.wal.Append(batch)
	if !fits || err != nil {
		return s.commit(batch, nil)
	}
	if len(s.pending) == 0 && len(s.marks) == 0 {
		s.flush.Reset(s.interval)
	}
	s.mu.Lock()
	s.pending = append(s.pending, batch...)
	s.mu.Unlock()
	return nil
}

// flushInBackground flushes the pending rows, on the timer's goroutine. No caller receives its
// error. Instead every Append commits until a flush succeeds, and returns the error if its commit
// fails too.
func (s *Store) flushInBackground() {
	if s.acquire(context.Background()) != nil {
		return
	}
	defer s.release()
	if s.flushErr = s.flushPending(); s.flushErr != nil {
		s.flush.Reset(s.interval)
	}
}

// flushPending commits pending rows and marks.
func (s *Store) flushPending() error {
	if len(s.pending) == 0 && len(s.marks) == 0 {
		return nil
	}
	return s.commit(nil, nil)
}
