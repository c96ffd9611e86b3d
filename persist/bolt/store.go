package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
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
	last    uint64      // newest number given out
	commits uint64      // transactions of the database
	counted bool        // commits was known when the store was opened
	wal     *wal.Log    // nil while the store opens
	flush   *time.Timer // runs flushNow when pending rows have waited long enough
	late    error       // why the last flush failed; until one succeeds nothing more is put off
	closed  bool

	expiring map[wal.RoomID]string // rooms that may have an expiry
	adds     int                   // bytes of a snapshot that is about to be stored

	// Changed by the writer only, and only under mu, which is never held during
	// I/O. The writer may read without it.
	mu      sync.Mutex
	index   index     // rows in the database
	pending []wal.Row // rows in the log, newer than all in the database; never changed in place
	drops   uint64    // how often rooms have been dropped from the database
	readers *readers  // for readers, while a transaction is being written

	accept bool             // Config.Accept
	damage []persist.Damage // found when the store was opened

	looking   sync.Mutex // guards files once the store is open
	files     []watched
	gone      atomic.Pointer[error] // why what is stored cannot be found again; nil: it can
	watcher   *time.Timer
	unwatched bool // guarded by mu
}

// Open opens the store in dir, which is made if it is missing. The errors to tell
// apart are persist.ErrInUse, ErrFormat and ErrCorrupt, after which the file may
// stay locked while the process lives. Damage lists what else was found.
func Open(dir string, cfg Config) (*Store, error) {
	repaired, err := repairDB(dir, cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Existing {
		if _, err := os.Stat(filepath.Join(dir, dbName)); err != nil {
			return nil, err
		}
	}
	db, err := openDB(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, interval: cfg.syncInterval(), keep: cfg.Retention, log: cfg.log(), writer: make(chan struct{}, 1), damage: repaired, accept: cfg.Accept}
	if err := s.start(dir, cfg.Async); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// start reads what is there, and settles what a killed process left in its log.
func (s *Store) start(dir string, async bool) (err error) {
	if err := prepare(s.db); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, dbName), err)
	}
	if err := s.verify(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, dbName), err)
	}
	path := filepath.Join(dir, wal.FileName)
	if err := s.recover(path); err != nil {
		return err
	}
	s.flush = time.AfterFunc(time.Hour, s.flushNow)
	s.flush.Stop() // until there is something, and then after interval
	if s.wal, err = wal.Create(path, wal.Config{Synced: !async, Txid: s.commits, FellBack: s.fellBack}); err != nil {
		return err
	}
	s.saveMarker()
	if err := s.watch(); err != nil {
		return errors.Join(err, s.wal.Close())
	}
	s.report()
	return nil
}

// Close puts everything on the disk and gives up the directory.
func (s *Store) Close() error {
	s.writer <- struct{}{}
	defer s.release()
	if s.closed {
		return nil
	}
	s.closed = true
	s.unwatch()
	s.checkFiles()
	if err := s.Healthy(); err != nil { // what is at these paths is another's
		s.flush.Stop()
		return errors.Join(err, s.wal.Close(), s.db.Close())
	}
	err := s.settle()
	if err == nil {
		s.saveMarker()
	}
	return errors.Join(err, s.db.Close())
}

// settle puts all in the database. If that fails the log stays, for the next Open.
func (s *Store) settle() error {
	s.flush.Stop()
	if err := s.sync(); err != nil {
		return errors.Join(err, s.wal.Close())
	}
	return s.wal.Remove()
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
	err := s.Healthy()
	if s.closed {
		err = persist.ErrClosed
	}
	if err != nil {
		s.release()
	}
	return err
}

func (s *Store) release() { <-s.writer }
