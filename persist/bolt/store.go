package bolt

import (
	"context"
	"fmt"
	"log/slog"
	"os"
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
	// Set by Open.
	db       *bbolt.DB
	interval time.Duration                     // Config.SyncInterval
	retained atomic.Pointer[persist.Retention] // replaced as a whole by SetRetention
	log      *slog.Logger
	accept   bool             // Config.Accept
	damage   []persist.Damage // found by Open

	// writer holds a token while a goroutine changes the store: a mutex that a caller can stop
	// waiting for. It comes before mu and filesMu.
	writer chan struct{}

	// Owned by the writer.
	last         uint64      // newest sequence number given out
	commits      uint64      // transactions of the database
	commitsKnown bool        // commits was stored when the store was opened
	wal          *wal.Log    // nil while the store opens
	flush        *time.Timer // runs flushInBackground when pending rows have waited long enough
	flushErr     error       // why the last flush failed; until one succeeds every Append commits
	growth       int         // bytes of a snapshot that is about to be stored
	closed       bool
	expiring     map[wal.RoomID]string // rooms that may have an expiry

	// Changed by the writer only, and only under mu, which is never held during I/O. The writer
	// may read without it.
	mu      sync.Mutex
	index   index                   // rows in the database
	pending []wal.Row               // in the log, and not in the database; never changed
	marks   map[string]persist.Mark // to be written with the next transaction
	drops   uint64                  // how often rooms have been dropped from the database
	readers *readers                // for calls that read while a transaction is being written

	filesMu   sync.Mutex // guards files once the store is open
	files     []watched
	gone      atomic.Pointer[error] // why the files are not the store's any more; nil: they are
	watcher   *time.Timer
	unwatched bool // guarded by mu

	sweepMu sync.Mutex // a leaf
	swept   []byte     // the last room of which DropVersions has looked at the versions; nil: none

	backup   atomic.Pointer[pin] // of the backup under way
	counters counters
}

// keep returns the options about versions.
func (s *Store) keep() *persist.Retention { return s.retained.Load() }

// Retention returns the options about versions.
func (s *Store) Retention() persist.Retention { return *s.keep() }

// SetRetention replaces the options about versions, but for the clock. They apply to snapshots that
// are saved from now on.
func (s *Store) SetRetention(keep persist.Retention) {
	keep.Now = s.keep().Now
	s.retained.Store(&keep)
}

// acquire makes the caller the writer, until it calls release.
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

// counters has the counters of a Store.
type counters struct {
	fallbacks atomic.Uint64 // to ordinary calls that sync the log
	damage    atomic.Uint64 // reports of damage
	damaged   atomic.Int64  // rooms that fail because of damage

	// As of the last look at the files, in bytes.
	database, log atomic.Int64
	free          atomic.Uint64 // of the disk
	freeKnown     atomic.Bool
}

// watched is a file that was opened at a path.
type watched struct {
	path  string
	info  os.FileInfo
	grows bool // it never shrinks
}

func watchFile(path string) (watched, error) {
	info, err := os.Stat(path)
	return watched{path: path, info: info}, err
}

// check fails if something else is at the path, or nothing.
func (w *watched) check() error {
	info, err := os.Stat(w.path)
	what := ""
	switch {
	case err != nil:
		what = fmt.Sprintf("is not there any more (%v)", err)
	case !os.SameFile(info, w.info):
		what = "was replaced"
	case w.grows && info.Size() < w.info.Size():
		what = "was cut"
	default:
		w.info = info
		return nil
	}
	const advice = "what is stored now would be lost with the process; " +
		"put the data directory back, or restart"
	return fmt.Errorf("%w: %s %s: %s", persist.ErrGone, w.path, what, advice)
}

// Healthy fails while the files at the paths of the store are not those that it opened.
func (s *Store) Healthy() error {
	if err := s.gone.Load(); err != nil {
		return *err
	}
	return nil
}
