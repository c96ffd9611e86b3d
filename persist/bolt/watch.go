package bolt

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// watchInterval is how often a store looks whether its files are still where it opened them.
const watchInterval = time.Second

// watched is a file that was opened at a path.
type watched struct {
	path  string
	info  os.FileInfo
	grows bool // and never shrinks
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
	return fmt.Errorf("%w: %s %s: what is stored now would be lost with the process; put the data directory back, or restart", persist.ErrGone, w.path, what)
}

// watch begins to look after the files.
func (s *Store) watch() error {
	for _, path := range []string{s.db.Path(), s.wal.Path()} {
		w, err := watchFile(path)
		if err != nil {
			return err
		}
		w.grows = path == s.db.Path()
		s.files = append(s.files, w)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watcher = time.AfterFunc(watchInterval, s.watchAgain) // which may run before this is assigned
	return nil
}

// watchAgain runs on the timer's goroutine, and blocks nobody.
func (s *Store) watchAgain() {
	s.checkFiles()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.unwatched {
		s.watcher.Reset(watchInterval)
	}
}

func (s *Store) checkFiles() {
	s.looking.Lock()
	defer s.looking.Unlock()
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
}

func (s *Store) unwatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unwatched = true
	if s.watcher != nil {
		s.watcher.Stop()
	}
}

// Healthy returns nil while what is stored can be found again.
func (s *Store) Healthy() error {
	if err := s.gone.Load(); err != nil {
		return *err
	}
	return nil
}
