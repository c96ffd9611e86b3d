package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/persist"
)

// deletable is a store in memory whose calls can fail, or wait.
type deletable struct {
	*persist.Memory
	failAppends, failSaves, failDeletes atomic.Bool
	saving                              gate
}

func (s *deletable) Append(ctx context.Context, rows []Row) error {
	if s.failAppends.Load() {
		return errDiskFull
	}
	return s.Memory.Append(ctx, rows)
}

func (s *deletable) SaveSnapshot(ctx context.Context, room string, blob []byte, through uint64) error {
	if err := s.saving.pass(ctx); err != nil {
		return err
	}
	if s.failSaves.Load() {
		return errDiskFull
	}
	return s.Memory.SaveSnapshot(ctx, room, blob, through)
}

func (s *deletable) DeleteVersion(ctx context.Context, room string, id uint64) error {
	if s.failDeletes.Load() {
		return errDiskFull
	}
	return s.Memory.DeleteVersion(ctx, room, id)
}

// inDeletable runs f with an engine over a deletable in a bubble. restart replaces the engine by
// another one.
func inDeletable(t *testing.T, cfg Config, f func(w *world, st *deletable, restart func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		st := &deletable{Memory: persist.NewMemory()}
		out := new(logBuffer)
		cfg.Compression, cfg.Events = cmp.Or(cfg.Compression, snapshot.Raw), new(events.Hub)
		start := func() *Engine {
			return New(cfg, st, slog.New(slog.NewTextHandler(out, nil)))
		}
		w := &world{start(), t, nil, out}
		f(w, st, func() {
			w.drain()
			w.Engine = start()
		})
		w.drain()
	})
}

var note = roomkey.MustParse("notes/a")

// mustBeDeleted checks that nothing is left of the note but that it was deleted, and that nobody
// gets in.
func (w *world) mustBeDeleted(st *deletable) {
	w.t.Helper()
	blob, rows, err := st.Load(context.Background(), "notes/a")
	versions, _ := st.Versions(context.Background(), "notes/a")
	if err != nil || stored.Deleted(blob, nil).At == 0 || len(rows) > 0 || len(versions) > 0 {
		w.t.Errorf("%d bytes, %d rows, %d versions, %v", len(blob), len(rows), len(versions), err)
	}
	err = w.joinError("notes/a", "eve")
	if why := new(CloseError); !errors.As(err, &why) || why.Code != CloseDeleted || !errors.Is(err, ErrDeleted) {
		w.t.Errorf("joining: %v", err)
	}
	if n := len(w.Rooms()); n != 0 {
		w.t.Errorf("%d rooms are loaded", n)
	}
}

func (w *world) mustDelete() {
	w.t.Helper()
	if err := w.Delete(context.Background(), note, Author{ID: "ann"}); err != nil {
		w.t.Fatal(err)
	}
}

// TestDelete shows that a document that people edit is deleted with its versions, that they are
// closed with a code after which clients do not come back, that it stays deleted over a restart,
// and until that is lifted.
func TestDelete(t *testing.T) {
	inDeletable(t, Config{}, func(w *world, st *deletable, restart func()) {
		watch := w.cfg().Events.Subscribe(16)
		defer watch.Close()
		a, b := w.joinSynced("notes/a"), w.joinJSON("notes/a", Identity{ID: "bob"})
		a.types(0, "one")
		pass(time.Second)
		if _, err := w.CreateVersion(context.Background(), note, "named", agent); err != nil {
			t.Fatal(err)
		}
		a.types(3, "not flushed")
		at := time.Now()
		w.mustDelete()
		settle()
		if a.conn.closed() != CloseDeleted || b.conn.why == nil || b.conn.why.Code != CloseDeleted {
			t.Errorf("closed with %v and %v", a.conn.closed(), b.conn.why)
		}
		a.Leave()
		b.Leave()
		w.mustBeDeleted(st)
		for range 2 {
			w.mustDelete() // what is deleted is deleted
			pass(time.Hour)
		}
		restart()
		w.mustBeDeleted(st)
		left, was, err := w.Deleted(context.Background(), note)
		if !was || err != nil || left.By != "ann" || left.At.Sub(at).Abs() > time.Millisecond {
			t.Errorf("%+v, %v, %v", left, was, err)
		}
		rooms, _, err := w.StoredRooms(context.Background(), "", "", 10)
		if err != nil || len(rooms) != 1 || !rooms[0].Deleted.Equal(left.At) {
			t.Errorf("%+v, %v", rooms, err)
		}
		kinds := map[events.Kind]int{}
		for len(watch.C) > 0 {
			kinds[(<-watch.C).Kind]++
		}
		if kinds[events.Deleted] != 3 {
			t.Errorf("%v", kinds)
		}
	})
}

// TestLastWordsOfDeletion shows that the clients of native protocols are sent an error with a code.
func TestLastWordsOfDeletion(t *testing.T) {
	words := errDeleted.LastWords()
	if len(words) != 1 || words[0].Kind != protocol.Failure || words[0].Code != "ROOM_DELETED" {
		t.Errorf("%+v", words)
	}
}

// TestUndelete shows that a document that may be begun again is empty, of another incarnation, has
// no lower version, and can be deleted again.
func TestUndelete(t *testing.T) {
	inDeletable(t, Config{}, func(w *world, st *deletable, restart func()) {
		a := w.joinSynced("notes/a")
		a.types(0, "one")
		pass(time.Second)
		was := a.room.version
		incarnation := a.room.incarnation
		ctx := context.Background()
		if err := w.Undelete(ctx, note, agent); !errors.Is(err, ErrNotDeleted) || a.conn.closed() != 0 {
			t.Errorf("a loaded room: %v, closed with %v", err, a.conn.closed())
		}
		w.mustDelete()
		a.Leave()
		if err := w.Undelete(ctx, note, agent); err != nil {
			t.Fatal(err)
		}
		if err := w.Undelete(ctx, note, agent); !errors.Is(err, ErrNotDeleted) {
			t.Errorf("again: %v", err)
		}
		if _, is, err := w.Deleted(ctx, note); is || err != nil {
			t.Errorf("%v, %v", is, err)
		}
		b := w.joinSynced("notes/a")
		if b.room.version <= was || snapshot.Rank(b.room.incarnation) <= snapshot.Rank(incarnation) {
			t.Errorf("version %d after %d, incarnation %d after %d",
				b.room.version, was, b.room.incarnation, incarnation)
		}
		if got := w.textOf("notes/a", 0); got != "" {
			t.Errorf("%q", got)
		}
		b.types(0, "two")
		pass(time.Second)
		b.Leave()
		restart()
		if got := w.textOf("notes/a", 0); got != "two" {
			t.Errorf("%q", got)
		}
		w.mustDelete()
		w.mustBeDeleted(st)
	})
}

// TestDeleteStoredRoom shows that a room need not be loaded to be deleted, and that one that is not
// there is not.
func TestDeleteStoredRoom(t *testing.T) {
	inDeletable(t, Config{Grace: time.Second}, func(w *world, st *deletable, restart func()) {
		ctx := context.Background()
		if err := w.Delete(ctx, note, agent); !errors.Is(err, ErrNoRoom) {
			t.Errorf("a room that is not there: %v", err)
		}
		if rooms, _ := st.Rooms(ctx); len(rooms) != 0 {
			t.Errorf("%+v", rooms)
		}
		a := w.joinSynced("notes/a")
		a.types(0, "one")
		pass(time.Second)
		a.Leave()
		pass(time.Hour)
		w.mustDelete()
		w.mustBeDeleted(st)
		for name, err := range map[string]error{
			"CreateVersion":  second(w.CreateVersion(ctx, note, "x", agent)),
			"EnsureVersion":  second(w.EnsureVersion(ctx, note, "x", agent, time.Minute)),
			"ReadVersion":    second(w.ReadVersion(ctx, note, 0)),
			"RestoreVersion": second(w.RestoreSnapshot(ctx, note, emptySnapshot(t), 1, agent)),
		} {
			if !errors.Is(err, ErrDeleted) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.mustBeDeleted(st)
	})
}

func second[T any](_ T, err error) error { return err }

func emptySnapshot(t *testing.T) []byte {
	blob, err := snapshot.Append(nil, snapshot.Snapshot{State: emptyUpdate}, snapshot.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

// TestDeleteWaitsForSnapshot shows that a snapshot on its way to the store does not bring the
// document back.
func TestDeleteWaitsForSnapshot(t *testing.T) {
	inDeletable(t, Config{}, func(w *world, st *deletable, restart func()) {
		a := w.joinSynced("notes/a")
		a.types(0, "one")
		pass(time.Second)
		st.saving.close()
		saved, deleted := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := w.Snapshot(context.Background(), note, "")
			saved <- err
		}()
		settle()
		go func() { deleted <- w.Delete(context.Background(), note, Author{ID: "ann"}) }()
		settle()
		if len(deleted) > 0 || a.conn.closed() != 0 {
			t.Errorf("it did not wait; closed with %v", a.conn.closed())
		}
		st.saving.open()
		if err := <-deleted; err != nil {
			t.Fatal(err)
		}
		<-saved
		a.Leave()
		pass(time.Hour)
		w.mustBeDeleted(st)
	})
}

// TestDeleteWaitsForFlush shows that a document is not deleted while what was merged cannot be
// stored, and is when that is, although the caller has gone.
func TestDeleteWaitsForFlush(t *testing.T) {
	inDeletable(t, Config{}, func(w *world, st *deletable, restart func()) {
		a := w.joinSynced("notes/a")
		st.failAppends.Store(true)
		a.types(0, "one")
		pass(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.Delete(ctx, note, agent); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		st.failAppends.Store(false)
		pass(time.Hour)
		a.Leave()
		w.mustBeDeleted(st)
	})
}

// TestDeleteFails shows that a document that the store does not replace stays, with the clients
// that come back, and that one of which versions are left is deleted completely by another call.
func TestDeleteFails(t *testing.T) {
	inDeletable(t, Config{}, func(w *world, st *deletable, restart func()) {
		a := w.joinSynced("notes/a")
		a.types(0, "one")
		pass(time.Second)
		if _, err := w.CreateVersion(context.Background(), note, "named", agent); err != nil {
			t.Fatal(err)
		}
		st.failSaves.Store(true)
		if err := w.Delete(context.Background(), note, agent); !errors.Is(err, errDiskFull) {
			t.Errorf("%v", err)
		}
		settle()
		if got := a.conn.closed(); got != CloseUnavailable {
			t.Errorf("closed with %v", got)
		}
		a.Leave()
		if got := w.textOf("notes/a", 0); got != "one" {
			t.Errorf("%q", got)
		}
		if err := w.joinError("notes/a", "eve"); err != nil {
			t.Error(err)
		}
		st.failSaves.Store(false)
		st.failDeletes.Store(true)
		if err := w.Delete(context.Background(), note, agent); !errors.Is(err, errDiskFull) {
			t.Errorf("%v", err)
		}
		if err := w.joinError("notes/a", "eve"); !errors.Is(err, ErrDeleted) {
			t.Errorf("%v", err)
		}
		st.failDeletes.Store(false)
		restart()
		w.mustDelete()
		w.mustBeDeleted(st)
	})
}

// TestDeletedDocumentsStay shows that what is left of a deleted document does not expire.
func TestDeletedDocumentsStay(t *testing.T) {
	inDeletable(t, Config{Grace: time.Second, KeepUnowned: time.Hour}, func(w *world, st *deletable, restart func()) {
		for _, room := range []string{"notes/a", "notes/b"} {
			a := w.joinSynced(room)
			a.types(0, "one")
			pass(time.Second)
			a.Leave()
			pass(time.Minute)
		}
		w.mustDelete() // a room that expires
		restart()
		w.ExpireUnvisited(context.Background(), []string{"notes/a"})
		pass(100 * time.Hour)
		w.mustBeDeleted(st)
		if rooms, err := st.Rooms(context.Background()); err != nil || len(rooms) != 1 {
			t.Errorf("%+v, %v", rooms, err)
		}
	})
}

// TestDeleteRecord shows that the text of a record is not deleted here.
func TestDeleteRecord(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		err := w.Delete(context.Background(), roomkey.MustParse("record:r"), agent)
		if !errors.Is(err, ErrOfRecord) || a.conn.closed() != 0 {
			t.Errorf("%v, closed with %v", err, a.conn.closed())
		}
	})
}

// TestDeleteRaces shows that a document is deleted while clients join, write and leave, versions
// are kept, snapshots saved, and others delete it: nothing of it is left, and nothing hangs.
func TestDeleteRaces(t *testing.T) {
	for i := range 20 {
		inDeletable(t, Config{Grace: time.Millisecond}, func(w *world, st *deletable, restart func()) {
			w.joinSynced("notes/a").types(0, "begun")
			pass(time.Second)
			ctx, cancel := context.WithCancel(context.Background())
			var others sync.WaitGroup
			for n := range 4 {
				others.Go(func() {
					for clock := uint64(0); ctx.Err() == nil; clock++ {
						p, err := w.Join(ctx, note, new(memConn), protocol.YWebsocket{}, Identity{ID: "u"})
						if err != nil {
							time.Sleep(time.Millisecond)
							continue
						}
						update := typed(1000+uint64(n), clock, "x")
						_ = p.Deliver(protocol.YWebsocket{}.Append(nil,
							protocol.Message{Kind: protocol.Update, Body: update}))
						time.Sleep(time.Millisecond)
						p.Leave()
					}
				})
			}
			others.Go(func() {
				for ctx.Err() == nil {
					_, _ = w.CreateVersion(ctx, note, "", agent)
					_, _ = w.Snapshot(ctx, note, "")
					_ = w.Evict(ctx, note, "")
					time.Sleep(time.Millisecond)
				}
			})
			time.Sleep(time.Duration(i) * time.Millisecond)
			var deletions sync.WaitGroup
			for range 2 {
				deletions.Go(func() {
					if err := w.Delete(context.Background(), note, agent); err != nil {
						t.Error(err)
					}
				})
			}
			deletions.Wait()
			time.Sleep(10 * time.Millisecond)
			cancel()
			others.Wait()
			pass(time.Minute)
			w.mustBeDeleted(st)
			if got := w.out.String(); strings.Contains(got, "crashed") {
				t.Error(fmt.Sprint(got))
			}
		})
	}
}
