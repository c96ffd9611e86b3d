package engine

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// TestHandOver shows that rooms are handed over without a snapshot, with one commit for all of
// them, so that the time of it hardly depends on their number; that every client is closed; and
// that the next engine has the whole text. Without a journal all snapshots are taken.
func TestHandOver(t *testing.T) {
	const rooms = 200
	for name, journal := range map[string]bool{"with a journal": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{NoJournal: !journal, SnapshotMinInterval: time.Hour, SnapshotInterval: time.Hour}
			inWorld(t, cfg, func(w *world) {
				var clients []*client
				for i := range rooms {
					clients = append(clients, w.joinSynced(fmt.Sprint("room-", i)))
				}
				settle()
				before := w.store.attempts
				for _, c := range clients {
					c.types(0, "text")
				}
				if err := w.HandOver(context.Background()); err != nil {
					t.Fatal(err)
				}
				settle()
				if commits := w.store.attempts - before; journal && (w.store.saves > 0 || commits < 1 || commits > 3) {
					t.Errorf("%d snapshots, %d commits", w.store.saves, commits)
				}
				if !journal && w.store.saves != rooms {
					t.Errorf("%d snapshots of %d rooms", w.store.saves, rooms)
				}
				for i, c := range clients {
					if c.conn.closed() != CloseUnavailable {
						t.Errorf("client %d was closed with %d", i, c.conn.closed())
					}
				}
				w.restart(cfg)
				for i := range rooms {
					if got := w.joinSynced(fmt.Sprint("room-", i)).conn.stateVector(); len(got) != 1 || got[0].Clock != 4 {
						t.Errorf("room %d has %v", i, got)
					}
				}
			})
		})
	}
}

// TestHandOverOfDrafts shows that HandOver saves the drafts of rooms without peers, for a limited
// time, and leaves those of rooms with peers to the next engine, which saves them when an editor is
// back.
func TestHandOverOfDrafts(t *testing.T) {
	for _, test := range []struct {
		name  string
		leave bool // the room has no peer
		hangs bool // so does the API
		saves int  // before the next engine starts
	}{
		{"a room with a peer", false, false, 0},
		{"a room without", true, false, 1},
		{"a room without, and the API hangs", true, true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
				ann := w.opens("ann")
				ann.writes("a b")
				settle()
				if test.hangs {
					w.records.saving.close()
				}
				if test.leave {
					ann.Leave()
				}
				ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
				defer cancel()
				began := time.Now()
				if err := w.HandOver(ctx); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took > handOverDrafts+heldPatience {
					t.Errorf("it took %v", took)
				}
				if got := w.records.saved(); len(got) != test.saves || w.store.saves > 0 {
					t.Errorf("drafts %q, %d snapshots", got, w.store.saves)
				}
				if test.hangs {
					w.records.saving.open()
				}
				w.start()
				w.wantText("a b", w.opens("bob"))
				pass(3 * time.Second)
				if got := w.records.saved(); len(got) != 1 {
					t.Errorf("saved %q in the end", got)
				}
			})
		})
	}
}
