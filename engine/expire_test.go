package engine

import (
	"context"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestExpiry shows when a clean room expires, and that it is dropped then.
func TestExpiry(t *testing.T) {
	tests := []struct {
		name string
		keep time.Duration
		do   func(w *recordWorld)
		want time.Duration // after the last peer has left; 0: never
	}{
		{"an hour after the last has left", 0, func(w *recordWorld) {}, time.Hour},
		{"what is configured", 24 * time.Hour, func(w *recordWorld) {}, 24 * time.Hour},
		{"never", -1, func(w *recordWorld) {}, 0},
		{"not while something is not saved", 0, func(w *recordWorld) { w.records.refuse("ann", "") }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{Grace: time.Minute, SnapshotKeep: tt.keep}, "text", func(w *recordWorld) {
				a := w.opens("ann")
				tt.do(w)
				a.writes("typed")
				a.Leave()
				left := time.Now()
				pass(2 * time.Minute)
				if got := w.archive.expiry("r"); tt.want == 0 != got.IsZero() || tt.want > 0 && !got.Equal(left.Add(tt.want)) {
					t.Errorf("expires at %v, left at %v", got, left)
				}
				if w.metrics.rooms.Get() != 0 {
					t.Error("the room is still loaded")
				}
				pass(25 * time.Hour)
				if dropped := len(w.store.snapshots["r"]) == 0; dropped != (tt.want > 0) {
					t.Errorf("dropped: %v", dropped)
				}
				if tt.want > 0 && (w.archive.dropped != 1 || w.metrics.expired.Get() != 1) {
					t.Errorf("%d dropped, %d counted", w.archive.dropped, w.metrics.expired.Get())
				}
			})
		})
	}
}

// TestExpiryIsWithdrawn shows that a room does not expire while anybody is in it, even a viewer.
func TestExpiryIsWithdrawn(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute}, "text", func(w *recordWorld) {
		w.opens("ann").Leave()
		pass(2 * time.Minute)
		if w.archive.expiry("r").IsZero() {
			t.Fatal("the room does not expire")
		}
		v := w.opens("viewer")
		pass(3 * time.Hour)
		if !w.archive.expiry("r").IsZero() || w.archive.dropped != 0 {
			t.Error("a room that is in use expires")
		}
		v.Leave()
		pass(2 * time.Hour)
		if w.archive.dropped != 1 {
			t.Error("the room does not expire again")
		}
	})
}

// TestNoRoomIsDroppedThatIsLoaded shows that a room opens although the store cannot withdraw its
// expiry, and that nothing is dropped until it can.
func TestNoRoomIsDroppedThatIsLoaded(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute}, "text", func(w *recordWorld) {
		w.opens("ann").Leave()
		pass(2 * time.Minute)
		w.archive.failExpiries(errStore)
		v := w.opens("viewer")
		pass(3 * time.Hour)
		if w.archive.expiry("r").IsZero() || w.archive.droppedRooms() != 0 {
			t.Errorf("expires %v, %d dropped", w.archive.expiry("r"), w.archive.droppedRooms())
		}
		w.archive.failExpiries(nil)
		pass(dropInterval)
		if !w.archive.expiry("r").IsZero() || w.archive.droppedRooms() != 0 {
			t.Errorf("expires %v, %d dropped", w.archive.expiry("r"), w.archive.droppedRooms())
		}
		v.Leave()
		pass(3 * time.Hour)
		if w.archive.droppedRooms() != 1 {
			t.Error("the room does not expire again")
		}
	})
}

// failExpiries makes Expire return err; nil makes it work again.
func (a *memArchive) failExpiries(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failure = err
}

// droppedRooms returns how many rooms have been dropped.
func (a *memArchive) droppedRooms() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.dropped
}

// TestLoadWhileExpiryWaits shows that a peer that joins does not wait until the store has withdrawn
// the room's expiry.
func TestLoadWhileExpiryWaits(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute}, "text", func(w *recordWorld) {
		w.opens("ann").Leave()
		pass(2 * time.Minute)
		w.archive.expiring.close()
		v := w.opens("viewer")
		settle()
		if w.archive.expiry("r").IsZero() {
			t.Error("the store did not wait")
		}
		w.archive.expiring.open()
		pass(dropInterval) // if the lock was held, the expiry is withdrawn with the next drop
		if !w.archive.expiry("r").IsZero() {
			t.Error("the room still expires")
		}
		v.Leave()
	})
}

// TestJoinWhileExpiring shows that a room is not dropped if a peer joins while its expiry is being
// stored.
func TestJoinWhileExpiring(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute, SnapshotKeep: time.Second}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		a.Leave()
		pass(30 * time.Second)
		x := &w.saver.expirer
		r := a.room
		r.mu.Lock()
		r.graceEnd = time.Now()
		r.mu.Unlock()
		if err := w.saver.save(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		x.expire(r)
		if w.archive.expiry("r").IsZero() {
			t.Fatal("the room does not expire")
		}
		b := w.opens("bob")
		w.archive.failure = errStore
		x.stay(r)
		x.drop(time.Now().Add(time.Hour))
		if w.archive.dropped != 0 {
			t.Error("the room was dropped while a peer is in it")
		}
		w.archive.failure = nil
		x.drop(time.Now().Add(time.Hour))
		if w.archive.dropped != 0 || !w.archive.expiry("r").IsZero() {
			t.Error("the room still expires")
		}
		w.wantText("text", b)
	})
}

// TestNothingExpiresWithoutRecords shows that rooms do not expire without Config.Records.
func TestNothingExpiresWithoutRecords(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		w.drain()
		w.cfg.Records = nil
		w.cfg.Grace = time.Minute
		w.start()
		p, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{})
		if err != nil {
			t.Fatal(err)
		}
		mustDeliver(t, p, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: typed(1, 0, "abc")}))
		settle()
		p.Leave()
		pass(100 * time.Hour)
		if w.metrics.rooms.Get() != 0 || len(w.archive.expiries) != 0 || w.records.fetches != 0 || w.records.saveAttempts() != 0 {
			t.Errorf("expiries %v, %d fetches, %d saves", w.archive.expiries, w.records.fetches, w.records.saveAttempts())
		}
	})
}
