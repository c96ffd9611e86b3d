package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// TestGraceAndUnload shows that a room stays loaded for the grace period after its last peer has
// left, and is then saved and unloaded.
func TestGraceAndUnload(t *testing.T) {
	inWorld(t, Config{Grace: time.Minute}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "abc")
		pass(time.Second)
		a.Leave()
		a.Leave()
		pass(59 * time.Second)
		if w.metrics.rooms.Get() != 1 || w.store.saves != 0 {
			t.Error("the room did not outlast its peers")
		}
		b := w.joinSynced("r")
		pass(5 * time.Second)
		if w.store.loads != 1 {
			t.Error("a room in its grace period was loaded again")
		}
		b.Leave()
		pass(time.Minute)
		if w.metrics.rooms.Get() != 0 || w.store.saves != 1 || w.store.rowCount("r") != 0 {
			t.Errorf("%v rooms, %d saves, %d rows", w.metrics.rooms.Get(), w.store.saves, w.store.rowCount("r"))
		}
		if c := w.joinSynced("r"); !bytes.Equal(c.conn.state(), a.conn.state()) {
			t.Error("the document after the reload is another")
		}
	})
}

// TestNothingChangedNothingSaved shows that a room in which nobody wrote is unloaded without a
// snapshot.
func TestNothingChangedNothingSaved(t *testing.T) {
	row := append(bareHeader(1), typed(1, 0, "abc")...)
	stored, _ := snapshot.Append(nil, snapshot.Snapshot{Version: 1, State: typed(1, 0, "abc")}, snapshot.Raw)
	tests := []struct {
		name      string
		noJournal bool
		snapshot  []byte
		rows      []memRow
	}{
		{"snapshot", false, stored, nil},
		{"snapshot, no journal", true, stored, nil},
		{"rows alone", false, nil, []memRow{{1, row}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{Grace: time.Minute, NoJournal: tt.noJournal}, func(w *world) {
				w.store.snapshots["r"], w.store.rows["r"] = tt.snapshot, tt.rows
				w.joinSynced("r").Leave()
				pass(time.Hour)
				if w.metrics.rooms.Get() != 0 || w.store.saves > 0 {
					t.Errorf("%v rooms, %d saves of a room in which nobody wrote", w.metrics.rooms.Get(), w.store.saves)
				}
			})
		})
	}
}

// TestJoinWhileUnloading shows that a room stays loaded if a peer joins and types while its last
// snapshot is being stored.
func TestJoinWhileUnloading(t *testing.T) {
	for _, noJournal := range []bool{false, true} {
		for _, leaves := range []bool{false, true} {
			t.Run(fmt.Sprintf("no journal=%v leaves=%v", noJournal, leaves), func(t *testing.T) {
				cfg := Config{Grace: time.Minute, StoreTimeout: time.Hour, NoJournal: noJournal}
				inWorld(t, cfg, func(w *world) { testJoinWhileUnloading(w, leaves) })
			})
		}
	}
}

func testJoinWhileUnloading(w *world, leaves bool) {
	a := w.joinSynced("r")
	a.types(0, "abc")
	a.Leave()
	w.store.saving.close()
	pass(61 * time.Second) // the saver is in the store now
	b := w.joinSynced("r")
	b.types(0, "b")
	settle()
	if leaves {
		b.Leave()
		pass(2 * time.Minute)
	}
	w.store.saving.open()
	pass(time.Hour)
	if unloaded := w.metrics.rooms.Get() == 0; unloaded != leaves || w.store.loads != 1 {
		w.t.Errorf("unloaded: %v, %d loads", unloaded, w.store.loads)
	}
	if c := w.joinSynced("r"); !bytes.Equal(c.conn.state(), b.conn.state()) {
		w.t.Error("the document after the reload is another")
	}
}

// TestJoinOfAnUnloadedRoom shows that a join that has found a room just before it was unloaded is
// neither accepted nor refused by it, so that it is tried again.
func TestJoinOfAnUnloadedRoom(t *testing.T) {
	inWorld(t, Config{Grace: time.Minute}, func(w *world) {
		a := w.joinSynced("r")
		a.Leave()
		pass(2 * time.Minute)
		if p, err := a.room.join(new(memConn), protocol.YWebsocket{}, Identity{}); p != nil || err != nil {
			t.Errorf("got %v, %v", p, err)
		}
	})
}

// TestUnloadWaitsForTheStore shows that a room is not unloaded until the store has all of it.
func TestUnloadWaitsForTheStore(t *testing.T) {
	inWorld(t, Config{Grace: time.Minute}, func(w *world) {
		a := w.joinSynced("r")
		w.store.fail(errStore)
		a.types(0, "abc")
		a.Leave()
		pass(time.Hour)
		if w.metrics.rooms.Get() != 1 {
			t.Error("a room was unloaded that the store does not have")
		}
		w.store.fail(nil)
		pass(time.Minute)
		if w.metrics.rooms.Get() != 0 || len(w.store.snapshots["r"]) == 0 {
			t.Error("the room is not unloaded when the store works again")
		}
	})
}

// TestSnapshots shows after how many updates and how much time a snapshot is stored.
func TestSnapshots(t *testing.T) {
	tests := []struct {
		name    string
		updates int
		every   time.Duration
		after   time.Duration
		saves   int
	}{
		{"few wait", 99, 150 * time.Millisecond, 4 * time.Minute, 0},
		{"few wait five minutes", 1, 0, 5*time.Minute + time.Second, 1},
		{"many are saved", 100, 150 * time.Millisecond, time.Second, 1},
		{"not more often than each ten seconds", 1000, 10 * time.Millisecond, 0, 1},
		{"and then again", 1000, 10 * time.Millisecond, time.Minute, 2},
		{"nothing new, nothing saved", 100, 150 * time.Millisecond, time.Hour, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a := w.joinSynced("r")
				for i := range tt.updates {
					a.types(uint64(i), "x")
					pass(tt.every)
				}
				pass(tt.after)
				if w.store.saves != tt.saves {
					t.Errorf("%d snapshots, want %d", w.store.saves, tt.saves)
				}
			})
		})
	}
}

// TestSnapshotKeepsLaterRows shows that rows that are stored while a snapshot is being stored
// outlive it.
func TestSnapshotKeepsLaterRows(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 3}, func(w *world) {
		a := w.joinSynced("r")
		w.store.saving.close()
		for i := range uint64(3) {
			a.types(i, "x")
			pass(time.Second)
		}
		a.types(3, "y")
		pass(time.Second)
		w.store.saving.open()
		settle()
		if w.store.saves != 1 || w.store.rowCount("r") != 1 {
			t.Errorf("%d saves, %d rows, want 1 and 1", w.store.saves, w.store.rowCount("r"))
		}
		pass(6 * time.Minute)
		if w.store.saves != 2 || w.store.rowCount("r") != 0 {
			t.Errorf("%d saves, %d rows, want 2 and none", w.store.saves, w.store.rowCount("r"))
		}
	})
}

// TestFailingSnapshotIsTriedAgain shows that a snapshot that cannot be stored is tried again at
// growing intervals.
func TestFailingSnapshotIsTriedAgain(t *testing.T) {
	inWorld(t, Config{Grace: time.Minute}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "abc")
		settle()
		w.store.fail(errStore)
		a.Leave()
		pass(5 * time.Minute)
		// After 1 min, and then 10 s, 20 s, 40 s, 80 s later; the next would be 160 s after that.
		if n := w.metrics.saveFailures.Get(); n != 5 || w.metrics.failingSaves.Get() != 5 {
			t.Errorf("%d attempts in four minutes, %v in a row", n, w.metrics.failingSaves.Get())
		}
		pass(30 * time.Minute)
		// Then 160 s, and every 5 min.
		if n := w.metrics.saveFailures.Get(); n < 11 || n > 12 {
			t.Errorf("%d attempts in 34 minutes", n)
		}
		w.store.fail(nil)
		pass(5 * time.Minute)
		if w.store.saves != 1 || w.metrics.rooms.Get() != 0 || w.metrics.failingSaves.Get() != 0 {
			t.Error("not saved when the store works again")
		}
	})
}

// TestBackoffEnds shows that the longer interval after failures ends with the first snapshot that
// is stored.
func TestBackoffEnds(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1}, func(w *world) {
		a := w.joinSynced("r")
		w.store.saving.close()
		a.types(0, "abc")
		settle()
		w.store.fail(errStore)
		w.store.saving.open()
		pass(6 * time.Minute)
		w.store.fail(nil)
		pass(5 * time.Minute)
		saves := w.store.saves
		for i := range 3 {
			a.types(3+uint64(i), "x")
			pass(31 * time.Second)
		}
		if got := w.store.saves - saves; got != 3 {
			t.Errorf("%d saves of three changes", got)
		}
	})
}

// TestLargeSnapshotIsCountedOnce shows that the metric of large snapshots counts a room once, not
// each of its snapshots.
func TestLargeSnapshotIsCountedOnce(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1, SnapshotWarnBytes: 60}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "small")
		pass(11 * time.Second)
		if n := w.metrics.largeSaves.Get(); n != 0 {
			t.Errorf("%d large snapshots of %d bytes", n, len(w.store.snapshots["r"]))
		}
		for i, text := range []string{"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "more"} {
			a.types(5+62*uint64(i), text)
			pass(11 * time.Second)
		}
		if n := w.metrics.largeSaves.Get(); n != 1 {
			t.Errorf("%d large snapshots, the last of %d bytes", n, len(w.store.snapshots["r"]))
		}
	})
}

// TestDrain shows that Drain flushes and saves rooms and closes their peers, and that the engine
// accepts neither updates nor peers after it.
func TestDrain(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.types(0, "abc")
		settle()
		a.types(3, "d") // within the window
		w.drain()
		if a.conn.closed() != CloseUnavailable || b.conn.closed() != CloseUnavailable {
			t.Errorf("closed with %d and %d", a.conn.closed(), b.conn.closed())
		}
		if b.conn.stateVector()[0].Clock != 4 || len(w.store.snapshots["r"]) == 0 || w.store.rowCount("r") != 0 {
			t.Error("the last update was not flushed and saved")
		}
		a.types(4, "late")
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(1, 1, here)))
		if a.room.version != 2 || a.room.presence.Len() > 0 {
			t.Error("an update was accepted after Drain")
		}
		if _, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{}); !errors.Is(err, ErrDraining) {
			t.Errorf("join: %v", err)
		}
		if err := w.Ready(); !errors.Is(err, ErrDraining) {
			t.Errorf("ready: %v", err)
		}
		a.Leave()
	})
}

// TestDrainWhileLoading shows that Drain does not wait for rooms that are being loaded, and that
// peers waiting for them are refused.
func TestDrainWhileLoading(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.store.loading.close()
		var joining sync.WaitGroup
		joining.Go(func() {
			if _, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{}); !errors.Is(err, ErrDraining) {
				t.Errorf("join: %v", err)
			}
		})
		settle()
		began := time.Now()
		w.drain()
		joining.Wait()
		if waited := time.Since(began); waited > 0 {
			t.Errorf("drain waited %v for a load", waited)
		}
	})
}

// TestDrainWithFailingStore shows that Drain returns the store's error, and still closes all peers.
func TestDrainWithFailingStore(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		w.store.fail(errStore)
		a.types(0, "abc")
		pass(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.Drain(ctx); !errors.Is(err, errStore) {
			t.Errorf("drain: %v", err)
		}
		settle()
		if a.conn.closed() != CloseUnavailable {
			t.Errorf("closed with %d", a.conn.closed())
		}
	})
}

// TestDrainWithStuckPeer shows that Drain saves the room and closes the other peers although one
// peer reads nothing.
func TestDrainWithStuckPeer(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, stuck := w.joinSynced("r"), w.joinSynced("r")
		stuck.conn.reading.close()
		a.types(0, "abc")
		settle()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("drain: %v", err)
		}
		if len(w.store.snapshots["r"]) == 0 || a.conn.closed() != CloseUnavailable {
			t.Error("the room was not saved, or the other peer not closed")
		}
		stuck.conn.reading.open()
	})
}

// TestIdlePeersCostNoGoroutine shows that idle peers have no goroutines.
func TestIdlePeersCostNoGoroutine(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		before := runtime.NumGoroutine()
		for range 1000 {
			w.join("r")
		}
		more := 0
		for range 1000 { // the bubble no longer counts goroutines that are on their way out
			pass(time.Second)
			if more = runtime.NumGoroutine() - before; more <= 10 {
				return
			}
			runtime.Gosched()
		}
		t.Errorf("%d goroutines more", more)
	})
}

// TestJoinAndLeaveAtRandom has peers join, type and leave while their rooms are unloaded and
// loaded, and checks that everything they typed is stored.
func TestJoinAndLeaveAtRandom(t *testing.T) {
	inWorld(t, Config{Grace: 5 * time.Millisecond, Window: 2 * time.Millisecond, SnapshotUpdates: 5, SnapshotMinInterval: 10 * time.Millisecond}, func(w *world) {
		const people, visits = 8, 60
		rooms := []string{"one", "two"}
		var typing sync.WaitGroup
		var want [2]ydoc.Doc
		for id := range uint64(people) {
			random := rand.New(rand.NewPCG(id, 1))
			for i := range uint64(visits) {
				for r := range rooms {
					u := checked(t, typed(id, i, "x"))
					want[r].Apply(u)
				}
			}
			typing.Go(func() {
				for i := range uint64(visits) {
					for _, room := range rooms {
						c := w.join(room)
						c.sends(protocol.Update, typed(id, i, "x"))
						c.sends(protocol.Awareness, awarenessUpdate(stateEntry(id, i+1, here)))
						time.Sleep(time.Duration(random.IntN(5000)) * time.Microsecond)
						c.Peer.Leave() // without waiting: others leave at the same moment
						time.Sleep(time.Duration(random.IntN(8000)) * time.Microsecond)
					}
				}
			})
		}
		typing.Wait()
		pass(time.Second)
		if n := w.metrics.rooms.Get(); n != 0 || w.store.loads < 4 {
			t.Errorf("%v rooms are left, after %d loads", n, w.store.loads)
		}
		for i, room := range rooms {
			if c := w.joinSynced(room); !bytes.Equal(c.conn.doc.AppendStateVector(nil), want[i].AppendStateVector(nil)) {
				t.Errorf("room %s: %v is stored", room, c.conn.stateVector())
			}
		}
	})
}
