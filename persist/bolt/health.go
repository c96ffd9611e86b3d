package bolt

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// watchInterval is how often a store checks that its files are where it opened them.
const watchInterval = time.Second

// watch begins to check the files at intervals.
func (s *Store) watch() error {
	for _, path := range []string{s.db.Path(), s.wal.Path()} {
		w, err := watchFile(path)
		if err != nil {
			return err
		}
		w.grows = path == s.db.Path()
		s.files = append(s.files, w)
	}
	s.measure()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watcher = time.AfterFunc(watchInterval, s.watchAgain) // which may run before this is assigned
	return nil
}

// watchAgain runs on the timer's goroutine.
func (s *Store) watchAgain() {
	s.checkFiles()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.unwatched {
		s.watcher.Reset(watchInterval)
	}
}

// checkFiles sets gone, or resets it.
func (s *Store) checkFiles() {
	s.filesMu.Lock()
	defer s.filesMu.Unlock()
	for i := range s.files {
		if err := s.files[i].check(); err != nil {
			if s.gone.Swap(&err) == nil {
				s.log.Error("nothing can be stored any more", slog.String("reason", err.Error()))
			}
			return
		}
	}
	if s.gone.Swap(nil) != nil {
		s.log.Info("the store is where it was again")
	}
	s.measure()
}

// measure notes the sizes of the files, as of the last look at them, and the free space beside
// them. filesMu is held, or the store is being opened.
func (s *Store) measure() {
	s.counters.database.Store(s.files[0].info.Size())
	s.counters.log.Store(s.files[1].info.Size())
	if free, ok := freeBytes(filepath.Dir(s.files[0].path)); ok {
		s.counters.free.Store(free)
		s.counters.freeKnown.Store(true)
	}
}

func (s *Store) unwatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unwatched = true
	if s.watcher != nil {
		s.watcher.Stop()
	}
}

// WriteMetrics writes the store's counters in the Prometheus text format. It names no room, and
// waits for no lock.
func (s *Store) WriteMetrics(w io.Writer) {
	fmt.Fprintf(w, "realtime_journal_sync_fallbacks_total %d\n", s.counters.fallbacks.Load())
	fmt.Fprintf(w, "realtime_store_damage_total %d\n", s.counters.damage.Load())
	fmt.Fprintf(w, "realtime_damaged_rooms %d\n", s.counters.damaged.Load())
	fmt.Fprintf(w, "realtime_store_bytes %d\n", s.counters.database.Load())
	fmt.Fprintf(w, "realtime_journal_bytes %d\n", s.counters.log.Load())
	if s.counters.freeKnown.Load() {
		fmt.Fprintf(w, "realtime_store_free_bytes %d\n", s.counters.free.Load())
	}
	gone := 0
	if s.Healthy() != nil {
		gone = 1
	}
	fmt.Fprintf(w, "realtime_store_gone %d\n", gone)
}

// fellBack reports that the kernel refuses asynchronous I/O.
func (s *Store) fellBack(reason error) {
	s.counters.fallbacks.Add(1)
	s.log.Warn("the kernel refuses asynchronous I/O; "+
		"the journal is synced by ordinary calls, which take more of the processor",
		slog.String("reason", reason.Error()))
}

// Damage lists the damage that was found when the store was opened.
func (s *Store) Damage() []persist.Damage { return slices.Clone(s.damage) }

// report logs and counts the damage that was found when the store was opened.
func (s *Store) report() {
	for _, d := range s.damage {
		level := slog.LevelError
		if d.Harmless {
			level = slog.LevelWarn
		}
		s.counters.damage.Add(1)
		s.log.Log(context.Background(), level, "damage found in the store",
			slog.String("room", d.Room), slog.Uint64("row", d.Seq), slog.String("reason", d.Reason))
	}
}
