package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
)

// Store keeps rooms in a directory that it has to itself. Package persist
// documents its methods.
type Store struct {
	db       *bbolt.DB
	interval time.Duration
	keep     persist.Retention
	log      *slog.Logger
	counters counters

	// writer is held by whoever changes the store: a mutex that one can stop
	// waiting for.
	writer chan struct{}

	// Owned by the writer.
	last   uint64 // newest number given out
	tail   *tail
	flush  *time.Timer // runs flushNow when pending rows have waited long enough
	late   error       // why the last flush failed; until one succeeds nothing more is put off
	closed bool

	expiring map[roomID]string // rooms that may have an expiry

	// Changed by the writer only, and only under mu, which is never held during
	// I/O. The writer may read without it.
	mu      sync.Mutex
	index   index  // rows in the database
	pending []row  // rows in the tail, newer than all in the database; never changed in place
	drops   uint64 // how often rooms have been dropped from the database
}

// Open opens the store in dir, which is made if it is missing. The errors to tell
// apart are persist.ErrInUse, ErrFormat and ErrCorrupt, after which the file may
// stay locked while the process lives. Damage to a room is found when it is loaded.
func Open(dir string, cfg Config) (*Store, error) {
	if cfg.Existing {
		if _, err := os.Stat(filepath.Join(dir, dbName)); err != nil {
			return nil, err
		}
	}
	db, err := openDB(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, interval: cfg.syncInterval(), keep: cfg.Retention, log: cfg.log(), writer: make(chan struct{}, 1)}
	if err := s.start(dir, cfg.Async); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// start reads what is there, and settles what a killed process left in its tail.
func (s *Store) start(dir string, async bool) (err error) {
	if err := prepare(s.db); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, dbName), err)
	}
	if s.index, s.last, err = scan(s.db); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, dbName), err)
	}
	if s.expiring, s.drops, err = scanExpiries(s.db); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, dbName), err)
	}
	path := filepath.Join(dir, tailName)
	if s.pending, err = readTail(path, s.last); err != nil {
		return err
	}
	if n := len(s.pending); n > 0 {
		s.last = s.pending[n-1].key.seq()
		if err := s.commit(nil, nil); err != nil {
			return err
		}
	}
	s.flush = time.AfterFunc(s.interval, s.flushNow)
	s.flush.Stop() // until there is something
	if s.tail, err = createTail(path, !async); err == nil {
		s.tail.disk.fellBack = s.fellBack
	}
	return err
}

// Close puts everything on the disk and gives up the directory.
func (s *Store) Close() error {
	s.writer <- struct{}{}
	defer s.release()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.settle()
	return errors.Join(err, s.db.Close())
}

// settle puts all in the database. If that fails the tail stays, for the next Open.
func (s *Store) settle() error {
	s.flush.Stop()
	if err := s.sync(); err != nil {
		return errors.Join(err, s.tail.close())
	}
	return s.tail.remove()
}

// acquire makes the caller the writer.
func (s *Store) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.writer <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.closed {
		s.release()
		return persist.ErrClosed
	}
	return nil
}

func (s *Store) release() { <-s.writer }
