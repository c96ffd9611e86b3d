package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/persist"
)

// archive is a store in memory, of which Append can fail.
type archive struct {
	*persist.Memory
	fails atomic.Bool
}

var errDiskFull = errors.New("the disk is full")

func (a *archive) Append(ctx context.Context, rows []Row) error {
	if a.fails.Load() {
		return errDiskFull
	}
	return a.Memory.Append(ctx, rows)
}

// inArchive runs f with an engine over an archive in a bubble.
func inArchive(t *testing.T, cfg Config, f func(w *world, st *archive)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		st := &archive{Memory: persist.NewMemory()}
		cfg.Compression = snapshot.Raw
		out := new(logBuffer)
		w := &world{New(cfg, st, slog.New(slog.NewTextHandler(out, nil))), t, nil, out}
		f(w, st)
		w.drain()
	})
}

// versionOf keeps the present document of a room as a version, and returns its id.
func (w *world) versionOf(st *archive, room string) (id uint64) {
	w.t.Helper()
	ctx, key := context.Background(), roomkey.MustParse(room)
	s, err := w.ReadVersion(ctx, key, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	blob, err := snapshot.Append(nil, s, snapshot.Raw)
	if err == nil {
		id, err = st.KeepVersion(ctx, room, Version{Why: "why"}, blob)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// textOf returns the text of a version.
func (w *world) textOf(room string, id uint64) string {
	w.t.Helper()
	s, err := w.ReadVersion(context.Background(), roomkey.MustParse(room), id)
	if err != nil {
		w.t.Fatal(err)
	}
	v, err := view.New(yjs.Trust(s.State))
	if err != nil {
		w.t.Fatal(err)
	}
	return v.Root("text").String()
}

// TestRestoreVersion shows that a version of a document that is no CivicPress' is restored while
// people are in its room: they are sent an edit, the text before is kept as a version, the answer
// comes when the edit is stored, and restoring twice changes nothing.
func TestRestoreVersion(t *testing.T) {
	hub := new(events.Hub)
	inArchive(t, Config{Events: hub}, func(w *world, st *archive) {
		watch := hub.Subscribe(16)
		defer watch.Close()
		key := roomkey.MustParse("record:r")
		ann := w.joinSynced("record:r")
		ann.types(0, "one ")
		pass(time.Second)
		id := w.versionOf(st, "record:r")
		ann.sends(protocol.Update, deleted(ann.id, 0, 4))
		ann.types(4, "two")
		pass(time.Second)
		ann.conn.take()

		kept, err := w.RestoreVersion(context.Background(), key, id, Author{ID: "jane"})
		if err != nil || kept != id+1 {
			t.Fatalf("version %d, %v", kept, err)
		}
		settle()
		if got := w.textOf("record:r", 0); got != "one " {
			t.Errorf("%q", got)
		}
		if got := w.textOf("record:r", kept); got != "two" {
			t.Errorf("kept: %q", got)
		}
		if kinds := ann.conn.kinds(); !slices.Equal(kinds, []protocol.Kind{protocol.Update}) {
			t.Errorf("%v was sent", kinds)
		}
		_, rows, err := st.Load(context.Background(), "record:r")
		if err != nil || len(rows) == 0 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
		if kept, err := w.RestoreVersion(context.Background(), key, id, Author{ID: "jane"}); kept != 0 || err != nil {
			t.Errorf("again: version %d, %v", kept, err)
		}
		var restored []events.Event
		for len(watch.C) > 0 {
			if e := <-watch.C; e.Kind == events.Restored {
				restored = append(restored, e)
			}
		}
		if len(restored) != 1 || restored[0].By != "jane" || restored[0].Version != id || restored[0].Room != "record:r" {
			t.Errorf("%+v", restored)
		}
	})
}

// TestRestoreVersionOfStoredRoom shows that the room of a version need not be loaded, and is
// unloaded again.
func TestRestoreVersionOfStoredRoom(t *testing.T) {
	inArchive(t, Config{Grace: time.Second}, func(w *world, st *archive) {
		ann := w.joinSynced("record:r")
		ann.types(0, "one")
		pass(time.Second)
		id := w.versionOf(st, "record:r")
		ann.types(3, " two")
		pass(time.Second)
		ann.Leave()
		pass(time.Hour)
		if n := len(w.Rooms()); n != 0 {
			t.Fatalf("%d rooms are loaded", n)
		}
		if got := w.textOf("record:r", 0); got != "one two" {
			t.Errorf("stored: %q", got)
		}
		if _, err := w.RestoreVersion(context.Background(), roomkey.MustParse("record:r"), id, Author{}); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		if n := len(w.Rooms()); n != 0 {
			t.Errorf("%d rooms are loaded", n)
		}
		if got := w.textOf("record:r", 0); got != "one" {
			t.Errorf("%q", got)
		}
	})
}

// TestRestoreVersionFails shows the errors, and that an edit that cannot be stored is not answered
// as if it were.
func TestRestoreVersionFails(t *testing.T) {
	inArchive(t, Config{DocumentBytes: 4096}, func(w *world, st *archive) {
		key := roomkey.MustParse("record:r")
		ann := w.joinSynced("record:r")
		ann.types(0, "one")
		pass(time.Second)
		id := w.versionOf(st, "record:r")
		if _, err := w.RestoreVersion(context.Background(), key, id+1, Author{}); !errors.Is(err, ErrNoVersion) {
			t.Errorf("a version that is not there: %v", err)
		}
		if _, err := w.ReadVersion(context.Background(), roomkey.MustParse("record:none"), 0); !errors.Is(err, ErrNoRoom) {
			t.Errorf("a room that is not there: %v", err)
		}
		ann.sends(protocol.Update, deleted(ann.id, 0, 3))
		pass(time.Second)
		st.fails.Store(true)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := w.RestoreVersion(ctx, key, id, Author{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a store that fails: %v", err)
		}
		st.fails.Store(false)
		pass(time.Minute)
		if got := w.textOf("record:r", 0); got != "one" {
			t.Errorf("%q", got)
		}
		ann.types(3, string(slices.Repeat([]byte("x"), 4000)))
		pass(time.Second)
		large := w.versionOf(st, "record:r")
		ann.sends(protocol.Update, deleted(ann.id, 3, 4000))
		ann.types(4003, string(slices.Repeat([]byte("y"), 80)))
		pass(time.Second)
		before := w.textOf("record:r", 0)
		if _, err := w.RestoreVersion(context.Background(), key, large, Author{}); !errors.Is(err, ErrRestoreLarge) {
			t.Errorf("a document without room: %v", err)
		}
		if got := w.textOf("record:r", 0); got != before {
			t.Errorf("%.40q, want %.40q", got, before)
		}
	})
}
