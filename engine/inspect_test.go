package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"
	"unsafe"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Room describes the stored state of a room, without times.
func (s *memStore) Room(_ context.Context, room string) (StoredRoom, error) {
	if err := s.looking.pass(context.Background()); err != nil {
		return StoredRoom{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := StoredRoom{Key: room, Snapshot: -1, Rows: len(s.rows[room])}
	if blob := s.snapshots[room]; blob != nil {
		r.Snapshot = len(blob)
	}
	return r, s.failure
}

// Versions returns none.
func (s *memStore) Versions(context.Context, string) ([]Version, error) { return nil, nil }

// info returns what Rooms says of a room; the zero value if it is not listed.
func (w *world) info(room string) (found RoomInfo) {
	for _, i := range w.Rooms() {
		if i.Key.String() == room {
			found = i
		}
	}
	return found
}

// wantInfo fails unless what holds of a room, as Rooms describes it.
func (w *world) wantInfo(when, room string, what func(i RoomInfo) bool) {
	w.t.Helper()
	if i := w.info(room); !what(i) {
		w.t.Errorf("%s: %+v", when, i)
	}
}

// TestRooms follows a room through its life, and shows its state, peers, sizes, versions, rate,
// lock and waiting work at each time.
func TestRooms(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.store.loading.close()
		joined := make(chan *client, 1)
		go func() { joined <- w.join("r") }()
		settle()
		w.wantInfo("loading", "r", func(i RoomInfo) bool { return i.State == RoomLoading && i.Peers == 0 })
		w.store.loading.open()
		a := <-joined
		b := w.join("r")
		pass(time.Second)
		w.wantInfo("joined", "r", func(i RoomInfo) bool {
			return i.State == RoomLive && i.Peers == 2 && i.Emptied.IsZero() && i.Failing == 0 &&
				i.Version == 0 && i.UpdateRate == 0 && !i.Locked
		})
		for i := range 20 {
			a.types(uint64(i), "x")
			pass(time.Second)
		}
		w.wantInfo("after 20 updates", "r", func(i RoomInfo) bool {
			return i.Version == 20 && i.Unsaved == 20 && i.Unstored == 0 && i.DocumentBytes > 20 &&
				i.UpdateRate > 0.8 && i.UpdateRate < 1.1
		})
		w.saveNow("r", 20)
		pass(time.Second)
		w.wantInfo("saved", "r", func(i RoomInfo) bool { return i.Unsaved == 0 })
		w.Lock(a.Room(), true)
		w.wantInfo("locked", "r", func(i RoomInfo) bool { return i.Locked })
		w.Lock(a.Room(), false)
		b.Leave()
		w.wantInfo("one has left", "r", func(i RoomInfo) bool { return i.State == RoomLive && i.Peers == 1 && !i.Locked })
		a.Leave()
		left := time.Now()
		w.wantInfo("all have left", "r", func(i RoomInfo) bool {
			return i.State == RoomIdle && i.Peers == 0 && i.Emptied.Equal(left)
		})
		pass(time.Minute)
		w.wantInfo("a minute later", "r", func(i RoomInfo) bool {
			held := i.HeldBytes < i.DocumentBytes && i.HeldBytes > 0 || i.State == RoomIdle
			return i.Peers == 0 && i.DocumentBytes > 20 && held && i.UpdateRate < 0.01
		})
		pass(10 * time.Minute)
		if n := len(w.Rooms()); n != 0 {
			t.Errorf("%d rooms are loaded", n)
		}
	})
}

// TestRoomsSayWhatWaits shows updates that are not durable, what fails for a room, and that both
// end.
func TestRoomsSayWhatWaits(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1, SnapshotMinInterval: time.Second}, func(w *world) {
		a := w.joinSynced("r")
		w.store.refuse("r", errStore)
		a.types(0, "a")
		pass(time.Second)
		w.wantInfo("refused", "r", func(i RoomInfo) bool {
			return i.Unstored == 1 && i.Failing == FailingCommit
		})
		w.store.refuse("r", nil)
		pass(time.Minute)
		w.wantInfo("accepted", "r", func(i RoomInfo) bool { return i.Unstored == 0 && i.Failing == 0 })
		w.store.saving.close()
		a.types(1, "b")
		pass(time.Minute)
		w.wantInfo("snapshot", "r", func(i RoomInfo) bool {
			return i.Unsaved == 1 && fmt.Sprint(i.Failing.Names()) == "[snapshot]"
		})
		w.store.saving.open()
		pass(10 * time.Minute)
		w.wantInfo("saved", "r", func(i RoomInfo) bool { return i.Unsaved == 0 && i.Failing == 0 })
	})
}

// TestRoomsShowDrafts shows when the draft of a record is due, and that it fails.
func TestRoomsShowDrafts(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		w.wantInfo("nothing written", "r", func(i RoomInfo) bool { return i.DraftDue.IsZero() })
		w.records.fail(errAPI)
		a.writes("more")
		w.wantInfo("written", "r", func(i RoomInfo) bool {
			return !i.DraftDue.IsZero() && time.Until(i.DraftDue) < 3*time.Second
		})
		pass(10 * time.Second)
		w.wantInfo("failed", "r", func(i RoomInfo) bool { return i.Failing == FailingDraft })
		w.records.fail(nil)
		pass(2 * time.Minute)
		w.wantInfo("saved", "r", func(i RoomInfo) bool { return i.DraftDue.IsZero() && i.Failing == 0 })
		d, err := w.RoomDetail(context.Background(), a.Room())
		if err != nil || d.DraftAt.IsZero() || !d.UnsavedSince.IsZero() {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

// TestRoomsTakeNoLock shows that rooms are listed, and described by what is known without locks and
// by what the store has, while all their locks are held.
func TestRoomsTakeNoLock(t *testing.T) {
	e, rooms := listed(t, 3)
	for _, r := range rooms {
		r.mu.Lock()
		defer r.mu.Unlock()
	}
	for _, i := range e.Rooms() {
		if i.Peers != 1 || i.State != RoomLive {
			t.Errorf("%+v", i)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	d, err := e.RoomDetail(ctx, rooms[0].key)
	if err != nil || !d.Partial || d.RoomInfo.Peers != 1 || len(d.Peers) != 0 || d.Stored.Key == "" {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestRoomsAllocateOnce shows that a listing allocates the list and what it is made of, and
// nothing for each room.
func TestRoomsAllocateOnce(t *testing.T) {
	e, _ := listed(t, 100)
	if n := testing.AllocsPerRun(20, func() { e.Rooms() }); n > 8 {
		t.Errorf("%v allocations for 100 rooms", n)
	}
	peers := 0
	if n := testing.AllocsPerRun(20, func() { e.EachRoom(func(r RoomInfo) { peers += r.Peers }) }); n > 7 {
		t.Errorf("%v allocations for each of 100 rooms", n)
	}
	if peers != 21*100 { // there is a run to warm up
		t.Errorf("%d peers", peers)
	}
}

// listed returns an engine with so many loaded rooms.
func listed(t testing.TB, n int) (*Engine, []*room) {
	t.Helper()
	e := New(Config{}, newMemStore(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = e.Drain(context.Background()) })
	rooms := make([]*room, n)
	for i := range rooms {
		key := roomkey.MustParse(fmt.Sprintf("record:%d", i))
		p, err := e.Join(context.Background(), key, sink{}, protocol.JSON{}, Identity{ID: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		rooms[i] = p.room
	}
	return e, rooms
}

// BenchmarkRooms lists 10,000 rooms while the locks of all of them are held. It fails if that takes
// more than 50 ms.
func BenchmarkRooms(b *testing.B) {
	e, rooms := listed(b, 10_000)
	for _, r := range rooms {
		r.mu.Lock()
	}
	n := 0
	for b.Loop() {
		n += len(e.Rooms())
	}
	for _, r := range rooms {
		r.mu.Unlock()
	}
	if took := b.Elapsed() / time.Duration(b.N); n != b.N*len(rooms) || took > 50*time.Millisecond {
		b.Errorf("%d rooms in %v", n/b.N, took)
	}
}

// TestUpdateRate shows that the rate is the mean of about the last ten seconds, that it decays
// without being written, and that a reader whose clock is behind gets no nonsense.
func TestUpdateRate(t *testing.T) {
	var u updateRate
	for s := range 100 {
		u = u.add(5, time.Duration(s)*time.Second)
	}
	const now = 99 * time.Second
	if rate := u.at(now); rate < 4.7 || rate > 5.3 {
		t.Errorf("%v updates a second, want 5", rate)
	}
	if later := u.at(now + time.Minute); later > 0.02 {
		t.Errorf("a minute later %v", later)
	}
	if before := u.at(now - time.Second); before != u.at(now) {
		t.Errorf("a second before %v", before)
	}
	if none := updateRate(0).at(time.Hour); none != 0 {
		t.Errorf("%v without updates", none)
	}
}

// TestRoomDetail shows the users and peers of a room, with what waits for them, and its stored
// state; that a room that is not loaded is described by the store, and that one of which the store
// has nothing is none.
func TestRoomDetail(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		pass(90 * time.Minute)
		began := time.Now()
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		again, guest := w.joinJSON("r", ann), w.joinSynced("r")
		a.types(1, 0, "x")
		pass(time.Second)
		w.saveNow("r", 1)
		saved := time.Now()
		guest.conn.reading.close()
		a.types(1, 1, "y")
		pass(time.Second)
		d := w.detail("r")
		if d.State != RoomLive || d.Partial || d.Version != 2 || d.SnapshotVersion != 1 ||
			!d.SnapshotAt.Equal(saved) || d.SnapshotDue.IsZero() || d.Unsaved != 1 {
			t.Errorf("%+v", d)
		}
		peers := map[uint64]PeerInfo{}
		for _, p := range d.Peers {
			peers[p.ID] = p
		}
		first, slow := peers[a.ID()], peers[guest.ID()]
		if len(peers) != 4 || first.User != "ann" || first.Protocol != (protocol.JSON{}).Name() ||
			first.ReceivedMessages == 0 || first.SentMessages == 0 || first.QueuedBytes != 0 {
			t.Errorf("%+v", first)
		}
		if !first.Joined.Equal(began) {
			t.Errorf("it joined at %v, and not at %v", first.Joined, began)
		}
		if slow.User != "" || slow.Presence == "" || slow.QueuedBytes == 0 {
			t.Errorf("%+v", slow)
		}
		if len(d.Users) != 3 || d.Users[0].ID != "ann" || d.Users[0].Peers != 2 {
			t.Errorf("%+v", d.Users)
		}
		guest.conn.reading.open()
		for _, c := range []*Peer{a.Peer, b.Peer, again.Peer, guest.Peer} {
			c.Leave()
		}
		pass(time.Hour)
		w.Lock(roomkey.MustParse("r"), true)
		if d := w.detail("r"); d.State != RoomStored || !d.Locked || d.Stored.Snapshot <= 0 {
			t.Errorf("not loaded: %+v", d)
		}
		_, err := w.RoomDetail(context.Background(), roomkey.MustParse("nowhere"))
		if !errors.Is(err, ErrNoRoom) {
			t.Errorf("a room that does not exist: %v", err)
		}
	})
}

// detail returns the description of a room, and fails the test if there is none.
func (w *world) detail(room string) RoomDetail {
	w.t.Helper()
	d, err := w.RoomDetail(context.Background(), roomkey.MustParse(room))
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// TestRoomDetailOfStuckStore shows that calls which the store does not answer keep no more
// goroutines than maxLooks, that all of them say what is known without it, and that the store is
// asked again when it answers.
func TestRoomDetailOfStuckStore(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.join("r")
		w.store.looking.close()
		for n := range 3 * maxLooks {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			d, err := w.RoomDetail(ctx, roomkey.MustParse("r"))
			cancel()
			if err != nil || !d.Partial || d.RoomInfo.Peers != 1 {
				t.Fatalf("call %d: %v, %+v", n, err, d)
			}
		}
		if n := len(w.looks); n != maxLooks {
			t.Errorf("the store owes %d answers, want %d", n, maxLooks)
		}
		_, err := w.RoomDetail(context.Background(), roomkey.MustParse("not-loaded"))
		if !errors.Is(err, errLooks) {
			t.Errorf("of a room that is not loaded: %v", err)
		}
		w.store.looking.open()
		settle()
		if d := w.detail("r"); d.Partial || len(w.looks) != 0 {
			t.Errorf("the store answers again: %d calls, %+v", len(w.looks), d)
		}
	})
}

// TestRoomMemory holds the sizes of a room and of a peer: what a listing needs of each must not
// cost an idle one more memory.
func TestRoomMemory(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return // sizes of 64-bit systems are documented
	}
	if n := unsafe.Sizeof(room{}); n > 2304 {
		t.Errorf("a room has %d bytes, for which 2688 are allocated", n)
	}
	if n := unsafe.Sizeof(Peer{}); n > 352 {
		t.Errorf("a peer has %d bytes, for which 384 are allocated", n)
	}
}
