package engine

import (
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/piececache"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// saver writes snapshots, one at a time, and compresses and unloads rooms. It is apart from the
// flusher, so that compression delays nobody's keystroke.
type saver struct {
	e    *Engine
	wake chan struct{} // holds a token when the queue may have something

	mu    sync.Mutex // a leaf
	queue []saveJob

	// Owned by the goroutine of run and, once that has ended, by Drain.
	snapshotSource
	blob    []byte
	pieces  *piececache.Cache
	expirer expirer // its archive may be used by any goroutine
}

// saveJob is a room in the saver's queue.
type saveJob struct {
	room           *room
	snapshotSource *snapshotSource // taken by the room's own goroutine; nil if not yet taken
}

// add queues a room whose saving.queued and saving.compressOnly have been set.
func (s *saver) add(r *room) { s.put(saveJob{room: r}) }

func (s *saver) put(w saveJob) {
	s.mu.Lock()
	s.queue = append(s.queue, w)
	s.mu.Unlock()
	s.wakeUp()
}

// wakeUp makes the saver look for work.
func (s *saver) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *saver) next() (w saveJob, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return w, false
	}
	w = s.queue[0]
	s.queue[0] = saveJob{}
	s.queue = s.queue[1:]
	return w, true
}

// guard is deferred by functions that work on a room. A panic there ends the room, and nothing that
// was taken from it is used for another.
func (s *saver) guard(r *room, err *error) {
	if cause := recover(); cause != nil {
		s.snapshotSource, s.blob = snapshotSource{}, nil
		s.pieces.Drop(r.name)
		r.crash(cause)
		*err = crashed
	}
}

// forget drops the queue. The states in it are older than those that can be taken now, and must not
// be stored after them.
func (s *saver) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.queue {
		if w.snapshotSource != nil {
			w.snapshotSource.request.finish(ErrDraining)
		}
	}
	s.queue = nil
}

// encode returns the snapshot of a room, made of the pieces that are kept of its last one. The
// result is in the memory of blob.
func (s *saver) encode(room string) ([]byte, error) {
	algorithm := s.e.cfg().Compression
	return s.pieces.Append(s.blob[:0], room, s.snapshot(), s.cuts, algorithm, time.Now())
}

// run works until stop is closed.
func (s *saver) run(stop <-chan struct{}) {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		select {
		case <-stop:
			return
		default:
		}
		s.expirer.reportLoaded()
		if w, ok := s.next(); ok {
			s.process(w)
			continue
		}
		now := time.Now()
		if schedule.Reached(s.expirer.dropDue(), now) {
			s.expirer.drop(now)
		}
		s.pieces.Expire(now)
		s.e.sync.ExpireRenderings(now)
		due := schedule.Earliest(s.expirer.dropDue(), s.pieces.Due(), s.e.sync.RenderingsDue())
		if due.IsZero() {
			alarm.Stop()
		} else {
			alarm.Reset(due.Sub(now))
		}
		select {
		case <-stop:
			return
		case <-alarm.C:
		case <-s.wake:
		}
	}
}
