package engine

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// inArchiveWorld runs f in a bubble with an archive and without records.
func inArchiveWorld(t *testing.T, cfg Config, f func(w *world, archive *memArchive)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		archive := &memArchive{memStore: newMemStore(), expiries: make(map[string]time.Time)}
		cfg.Compression = snapshot.Raw
		w := &world{t: t, store: archive.memStore, out: new(logBuffer)}
		w.Engine = New(cfg, archive, slog.New(slog.NewTextHandler(w.out, nil)))
		f(w, archive)
		w.drain()
	})
}

func (w *world) isStored(room string) bool {
	blob, rows, _ := w.store.Load(context.Background(), room)
	return blob != nil || len(rows) > 0
}

// TestUnownedRooms shows that rooms without records are kept for ever, or for Config.KeepUnowned
// after the last visit.
func TestUnownedRooms(t *testing.T) {
	for name, keep := range map[string]time.Duration{"for ever": 0, "for a day": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			inArchiveWorld(t, Config{Grace: time.Minute, KeepUnowned: keep}, func(w *world, archive *memArchive) {
				for _, room := range []string{"a", "b"} {
					c := w.joinSynced(room)
					c.types(0, "text")
					pass(time.Second)
					c.Leave()
				}
				pass(23 * time.Hour)
				visitor := w.joinSynced("b")
				pass(time.Hour)
				visitor.Leave()
				pass(2 * time.Hour)
				if stored := w.isStored("a"); stored != (keep == 0) {
					t.Errorf("a room without visits is stored: %v", stored)
				}
				if !w.isStored("b") {
					t.Error("a visited room is gone")
				}
				pass(24 * time.Hour)
				if stored := w.isStored("b"); stored != (keep == 0) {
					t.Errorf("a room visited a day ago is stored: %v", stored)
				}
				if keep > 0 && w.metrics.expired.Get() != 2 {
					t.Errorf("%d counted", w.metrics.expired.Get())
				}
			})
		})
	}
}

// TestExpireUnvisited shows that ExpireUnvisited lets rooms that were stored before the start
// expire, unless somebody is in them.
func TestExpireUnvisited(t *testing.T) {
	inArchiveWorld(t, Config{Grace: time.Minute, KeepUnowned: 24 * time.Hour}, func(w *world, archive *memArchive) {
		rooms := []string{"a", "b", "c"}
		for _, room := range rooms {
			rows := []Row{{Room: room, Data: append(bareHeader(1), typed(1, 0, "text")...)}}
			if err := archive.Append(context.Background(), rows); err != nil {
				t.Fatal(err)
			}
		}
		visitor := w.joinSynced("b")
		w.ExpireUnvisited(context.Background(), rooms)
		pass(23 * time.Hour)
		w.joinSynced("c").Leave()
		pass(2 * time.Hour)
		if w.isStored("a") || !w.isStored("b") || !w.isStored("c") {
			t.Errorf("stored: %v, %v, %v", w.isStored("a"), w.isStored("b"), w.isStored("c"))
		}
		visitor.Leave()
		pass(25 * time.Hour)
		if w.isStored("b") || w.isStored("c") || w.metrics.expired.Get() != 3 {
			t.Errorf("stored: %v, %v, %d dropped", w.isStored("b"), w.isStored("c"), w.metrics.expired.Get())
		}
	})
}
