package engine

import (
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/piececache"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// saver writes snapshots, one at a time, apart from the flusher so that
// compression delays nobody's keystroke. Rooms that are done with are unloaded here.
type saver struct {
	e    *Engine
	wake chan struct{} // holds a token when the queue may have something

	mu    sync.Mutex // a leaf
	queue []saveJob

	// Belong to the goroutine in run and, once that has ended, to Drain.
	snapshotSource
	blob    []byte
	pieces  *piececache.Cache
	expirer expirer // its archive is anybody's
}

// saveJob is a room that the saver is to attend to.
type saveJob struct {
	room           *room
	snapshotSource *snapshotSource // by the room's own goroutine; nil: nothing has been
}

// add queues a room whose saving has just been set.
func (s *saver) add(r *room) { s.put(saveJob{room: r}) }

func (s *saver) put(w saveJob) {
	s.mu.Lock()
	s.queue = append(s.queue, w)
	s.mu.Unlock()
	s.wakeUp()
}

// wakeUp has the saver look for something to do.
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

// guard is deferred around work on a room. A panic there ends the room, and nothing that was taken
// of it is used for another.
func (s *saver) guard(r *room, err *error) {
	if cause := recover(); cause != nil {
		s.snapshotSource, s.blob = snapshotSource{}, nil
		s.pieces.Drop(r.name)
		r.crash(cause)
		*err = crashed
	}
}

// forget drops the queue: what was taken for it is older than what can be taken now, and
// must not be stored after that.
func (s *saver) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = nil
}

// encode returns the snapshot of a room, made of the pieces that are kept of its last one. The
// result is in the memory of blob.
func (s *saver) encode(room string) ([]byte, error) {
	algorithm := s.e.cfg.Compression
	return s.pieces.Append(s.blob[:0], room, s.snapshot(), s.cuts, algorithm, time.Now())
}

// run saves until stop is closed.
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
