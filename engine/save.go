package engine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// process saves the room, and compresses or unloads it if that is due. It waits for no room's lock:
// where one is held, work that can be done later is put off.
func (s *saver) process(w saveJob) {
	r := w.room
	var ended error
	defer s.guard(r, &ended)
	switch {
	case w.snapshotSource != nil:
		s.snapshotSource = *w.snapshotSource
		_ = s.saveTaken(context.Background(), r) // logged; the room tries again
	case !r.saving.compressOnly:
		if err := s.save(context.Background(), r); errors.Is(err, errHeld) {
			return // r is queued again
		}
	}
	s.compressRoom(r)
	free, unloaded := s.expirer.expire(r), false
	if !free || !r.mu.TryRun(func() { unloaded = !r.saverDone(time.Now(), true) }) {
		r.mu.Defer(func() { r.saverDone(time.Now(), false) })
	}
	if unloaded {
		s.pieces.Drop(r.name)
	}
	s.expirer.stay(r)
}

// save stores a snapshot of r, unless the stored one is as new. Its error is errHeld if the lock is
// held: then r's own goroutine takes the state and queues r again.
func (s *saver) save(ctx context.Context, r *room) (err error) {
	defer s.guard(r, &err)
	if r.mu.TryRun(func() { r.capture(&s.snapshotSource) }) {
		return s.saveTaken(ctx, r)
	}
	r.mu.Defer(func() {
		t := new(snapshotSource)
		r.capture(t)
		s.put(saveJob{r, t})
	})
	return errHeld
}

// saveTaken stores a snapshot of the state that was taken from r, if any was.
func (s *saver) saveTaken(ctx context.Context, r *room) (err error) {
	request := s.request
	s.request = nil
	defer func() { request.finish(err) }()
	defer s.guard(r, &err)
	if err := s.open(); err != nil {
		s.failed(r, err)
		return err
	}
	if len(s.state) == 0 && !s.whole {
		return nil
	}
	if s.grown {
		s.compact(r, s.of.version)
	}
	of := s.of
	s.keep(ctx, s.unannounced)
	if err = s.store(ctx, r.name, of); err == nil {
		s.storeWithRecord(ctx, r.key, of.version)
	}
	size := len(s.blob)
	if cap(s.state)+cap(s.blob) > keptArena {
		s.state, s.blob = nil, nil
	}
	if err != nil {
		s.failed(r, err)
		return err
	}
	s.e.metrics.saves.Inc()
	s.e.metrics.failingSaves.Set(0)
	r.runLocked(func() {
		r.savedAs(of, time.Now())
		r.warnOfSnapshot(size)
	})
	return nil
}

// open reads the state of a document that was compressed when it was taken. The state is copied, as
// the next one is appended to the same buffer, and must not overwrite memory of the room.
func (s *saver) open() error {
	if s.compressed == nil || s.whole {
		return nil
	}
	of, err := snapshot.Decode(s.compressed, s.e.cfg().MaxDocument)
	s.compressed, s.state = nil, append(s.state[:0], of.State...)
	s.authors = append(s.authors[:0], of.Authors...)
	return err
}

// failed reports a snapshot that was not stored.
func (s *saver) failed(r *room, err error) {
	s.e.metrics.saveFailures.Inc()
	s.e.metrics.failingSaves.Inc()
	s.e.publishFailure(events.FailedSnapshot, r.name, err)
	r.runLocked(func() {
		s.e.log.Error("snapshot failed", slog.String("room", r.name), reason(err),
			slog.Duration("again_in", r.failedToSave()))
	})
}

// storeWithRecord stores the snapshot of a version beside the record too, on behalf of the peer
// that wrote last. Rooms that are handed over do not wait for that.
func (s *saver) storeWithRecord(ctx context.Context, room roomkey.Key, version uint64) {
	if s.written && !s.e.handingOver.Load() {
		s.e.sync.StoreSnapshot(ctx, room, s.writer, s.blob, version)
	}
}

// store encodes the snapshot into blob and stores it.
func (s *saver) store(ctx context.Context, name string, of snapshotPoint) (err error) {
	began := time.Now()
	defer func() {
		s.e.metrics.save.UpdateDuration(began)
		s.e.logSlow(snapshotSave, name, began)
	}()
	switch {
	case s.whole:
		s.blob = append(s.blob[:0], s.compressed...)
	case len(s.cuts) == 0: // the document was compressed; no pieces of it are kept
		s.blob, err = snapshot.Append(s.blob[:0], s.snapshot(), s.e.cfg().Compression)
	default:
		s.blob, err = s.encode(name)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.e.cfg().StoreTimeout)
	defer cancel()
	return s.e.store.SaveSnapshot(ctx, name, s.blob, of.through)
}

// keepTimeout bounds a call of Announcer.Keep.
const keepTimeout = 5 * time.Second

// keep has a change kept whose rows a snapshot is about to replace. If that fails the snapshot is
// stored all the same: the change is lost only if the process is killed before it is announced.
func (s *saver) keep(ctx context.Context, n Announcement) {
	if n.Version == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	if err := s.e.cfg().Announce.Keep(ctx, n); err != nil {
		s.e.log.Warn("a change that is not announced yet cannot be kept; it is announced unless the process is killed before",
			slog.String("room", n.Room), reason(err))
	}
}

// saveAll saves rooms until ctx is done, those whose locks are held last. With a journal a failure
// is no error, as the journal has everything that a snapshot lacks.
func (s *saver) saveAll(ctx context.Context, rooms []*room) (err error) {
	s.forget()
	held := make(map[*room]bool)
	for _, r := range rooms {
		if ctx.Err() != nil {
			break
		}
		failure := s.save(ctx, r)
		if errors.Is(failure, errHeld) {
			held[r] = true
			continue
		}
		s.pieces.Drop(r.name) // there is no next snapshot
		err = cmp.Or(failure, err)
	}
	err = cmp.Or(s.saveHeld(ctx, held), err)
	if s.e.cfg().NoJournal {
		return err
	}
	return nil
}

// saveHeld saves rooms as their own goroutines take their states, until ctx is done.
func (s *saver) saveHeld(ctx context.Context, held map[*room]bool) (err error) {
	for ctx.Err() == nil && len(held) > 0 {
		w, ok := s.next()
		if !ok {
			select {
			case <-s.wake:
			case <-ctx.Done():
			}
		} else if w.snapshotSource != nil {
			delete(held, w.room)
			s.snapshotSource = *w.snapshotSource
			err = cmp.Or(s.saveTaken(ctx, w.room), err)
		}
	}
	return cmp.Or(ctx.Err(), err)
}

// compact compacts the state, which is of a version, and makes the result the form of the room's
// document too. If that fails the state stays as it is. The state is a copy, so the room goes on
// meanwhile; its lock is held only while the form is replaced.
func (s *saver) compact(r *room, version uint64) {
	shorter, cuts, err := r.shorten(s.state, version)
	if err != nil {
		r.notCompacted(err, len(s.state), version)
		return
	}
	s.state, s.cuts = shorter, cuts
}
