package engine

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// saver writes snapshots, one at a time, apart from the flusher so that
// compression delays nobody's keystroke. Rooms that are done with are unloaded here.
type saver struct {
	e    *Engine
	wake chan struct{} // holds a token when the queue may have something

	mu    sync.Mutex // a leaf
	queue []*room

	// Belong to the goroutine in run and, once that has ended, to Drain.
	state, blob, note []byte
	cuts              []int // where state may be cut
	larder            larder
	beside            beside
	expirer           expirer // its archive is anybody's
}

// add queues a room whose saving has just been set.
func (s *saver) add(r *room) {
	s.mu.Lock()
	s.queue = append(s.queue, r)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *saver) next() *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil
	}
	r := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	return r
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
		if r := s.next(); r != nil {
			s.attend(r)
			continue
		}
		now := time.Now()
		if reached(s.expirer.dropDue(), now) {
			s.expirer.drop(now)
		}
		s.larder.expire(now)
		if due := earliest(s.expirer.dropDue(), s.larder.due()); due.IsZero() {
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

// attend saves what r has unsaved, and seals or unloads r if it is time.
func (s *saver) attend(r *room) {
	if !r.sealOnly {
		_ = s.save(context.Background(), r) // logged; the room tries again
	}
	s.sealUp(r)
	s.expirer.expire(r)
	if !r.attended(time.Now()) {
		s.larder.drop(r.name)
	}
	s.expirer.stay(r)
}

// save stores a snapshot of r unless the stored one is as new.
func (s *saver) save(ctx context.Context, r *room) error {
	var of moment
	if s.state, s.cuts, s.note, of = r.capture(s.state[:0], s.cuts[:0], s.note[:0]); len(s.state) == 0 {
		return nil
	}
	if r.compactDue(len(s.state)) {
		s.compact(r)
	}
	err := s.store(ctx, r.name, of)
	if err == nil {
		s.keepBeside(ctx, r, of.version)
	}
	size := len(s.blob)
	if cap(s.state)+cap(s.blob) > keptArena {
		s.state, s.blob = nil, nil
	}
	if err != nil {
		s.failed(r, err)
		return err
	}
	s.e.metrics.failingSaves.Set(0)
	r.savedAs(of, time.Now())
	r.weigh(size)
	return nil
}

// failed reports a snapshot that was not taken.
func (s *saver) failed(r *room, err error) {
	s.e.metrics.saveFailures.Inc()
	s.e.metrics.failingSaves.Inc()
	s.e.log.Error("snapshot failed", slog.String("room", r.name), slog.String("reason", err.Error()),
		slog.Duration("again_in", r.failedToSave()))
}

func (s *saver) store(ctx context.Context, name string, of moment) (err error) {
	defer s.e.metrics.save.UpdateDuration(time.Now())
	taken := snapshot.Snapshot{Version: of.version, State: s.state, Note: s.note}
	if s.blob, err = s.larder.append(s.blob[:0], name, taken, s.cuts, s.e.cfg.Compression); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.e.cfg.StoreTimeout)
	defer cancel()
	return s.e.store.SaveSnapshot(ctx, name, s.blob, of.through)
}

// saveAll saves rooms until ctx is done. What a snapshot lacks the journal has,
// so that a failure is an error only where there is no journal.
func (s *saver) saveAll(ctx context.Context, rooms []*room) (err error) {
	for _, r := range rooms {
		if ctx.Err() != nil {
			err = ctx.Err()
			break
		}
		err = cmp.Or(s.save(ctx, r), err)
	}
	if s.e.cfg.NoJournal {
		return err
	}
	return nil
}
