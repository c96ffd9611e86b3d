package engine

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// TestJoinsShareOneLoad shows that peers that join a room at once cause one load.
func TestJoinsShareOneLoad(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.store.loading.close()
		var joins sync.WaitGroup
		for range 20 {
			joins.Go(func() { w.join("r") })
		}
		settle()
		w.store.loading.open()
		joins.Wait()
		if w.store.loads != 1 {
			t.Errorf("%d loads, want 1", w.store.loads)
		}
	})
}

// TestJoinGivesUpWaiting shows that a join ends with its context while the room is being loaded,
// and that the room is then unloaded.
func TestJoinGivesUpWaiting(t *testing.T) {
	inWorld(t, Config{Grace: time.Minute}, func(w *world) {
		w.store.snapshots["r"], _ = snapshot.Append(nil, snapshot.Snapshot{Version: 1, State: typed(1, 0, "abc")}, snapshot.Raw)
		w.store.loading.close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := w.Join(ctx, roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		// The room is loaded, though nobody waits for it. The race detector checks that nothing
		// else uses it meanwhile.
		w.store.loading.open()
		pass(time.Minute)
		if n := w.metrics.rooms.Get(); n != 0 {
			t.Errorf("%v rooms stay loaded", n)
		}
	})
}

// TestUnreadableRoom shows that a room whose stored data cannot be read is not opened, with the
// reason in the log, and that it is loaded anew once the data is repaired.
func TestUnreadableRoom(t *testing.T) {
	good := append(bareHeader(1), typed(1, 0, "abc")...)
	whole, _ := snapshot.Append(nil, snapshot.Snapshot{Version: 1, State: typed(1, 0, "abc")}, snapshot.Raw)
	odd, _ := snapshot.Append(nil, snapshot.Snapshot{Version: 1, State: []byte("no update")}, snapshot.Raw)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-2] ^= 1

	tests := []struct {
		name     string
		snapshot []byte
		rows     [][]byte
		failure  error
		want     error
	}{
		{"store fails", nil, nil, errStore, errStore},
		{"snapshot flipped", flipped, nil, nil, snapshot.ErrChecksum},
		{"snapshot empty", []byte{}, nil, nil, snapshot.ErrTruncated},
		{"snapshot of something else", odd, nil, nil, lib0.ErrCount},
		{"row empty", whole, [][]byte{{}}, nil, stored.ErrRow},
		{"row of another form", whole, [][]byte{{9, 1, 0, 0}}, nil, stored.ErrRow},
		{"row without version", whole, [][]byte{{1, 0x80}}, nil, stored.ErrRow},
		{"row cut short", nil, [][]byte{good, good[:len(good)-3]}, nil, lib0.ErrTruncated},
		{"first row lost", nil, [][]byte{append(bareHeader(2), typed(1, 3, "d")...)}, nil, stored.ErrIncomplete},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				w.store.snapshots["r"] = tt.snapshot
				for i, row := range tt.rows {
					w.store.rows["r"] = append(w.store.rows["r"], memRow{uint64(i + 1), row})
				}
				w.store.fail(tt.failure)
				w.mustRefuseJoin("r", tt.want)

				w.store.fail(nil)
				w.store.snapshots["r"], w.store.rows["r"] = whole, nil
				if c := w.joinSynced("r"); c.conn.stateVector()[0].Clock != 3 {
					t.Error("a repaired room is not loaded anew")
				}
			})
		})
	}
}

// mustRefuseJoin fails unless a join is refused for the reason want, which is logged.
func (w *world) mustRefuseJoin(room string, want error) {
	w.t.Helper()
	_, err := w.Join(context.Background(), roomkey.MustParse(room), new(memConn), protocol.YWebsocket{}, Identity{})
	var closing *CloseError
	if !errors.As(err, &closing) || closing.Code != CloseInternal || !errors.Is(err, want) {
		w.t.Errorf("join: got %v, want close %d with %v", err, CloseInternal, want)
	}
	if log := w.out.String(); !strings.Contains(log, "room="+room) || !strings.Contains(log, "reason=") {
		w.t.Errorf("the log has no room or reason: %q", log)
	}
}

// TestVersionSurvivesRestarts shows that a room's version and document are the same after a
// restart, however they are divided between snapshot and rows.
func TestVersionSurvivesRestarts(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(s *memStore, rows []memRow) // rows were journaled before the restart
	}{
		{"journal alone", func(s *memStore, rows []memRow) { s.snapshots["r"], s.rows["r"] = nil, rows }},
		{"snapshot alone", func(s *memStore, rows []memRow) { s.rows["r"] = nil }},
		{"rows that are in the snapshot", func(s *memStore, rows []memRow) { s.rows["r"] = rows }},
		{"rows stored twice", func(s *memStore, rows []memRow) { s.snapshots["r"], s.rows["r"] = nil, append(rows, rows...) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a := w.joinSynced("r")
				for i := range uint64(7) {
					a.types(i, "x")
					pass(30 * time.Millisecond)
				}
				pass(time.Second)
				rows := slices.Clone(w.store.rows["r"])
				w.restart(Config{})
				tt.prepare(w.store, rows)
				b := w.joinSynced("r")
				if b.room.version != 7 || !bytes.Equal(a.conn.state(), b.conn.state()) {
					t.Errorf("version %d, state vector %v", b.room.version, b.conn.stateVector())
				}
			})
		})
	}
}

// TestCorruptRoomIsNotOverwritten shows that stored data that cannot be read stays as it is.
func TestCorruptRoomIsNotOverwritten(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.store.snapshots["r"] = []byte("CvRt damaged")
		w.mustRefuseJoin("r", snapshot.ErrFormat)
		w.drain()
		if string(w.store.snapshots["r"]) != "CvRt damaged" {
			t.Error("the stored data is gone")
		}
	})
}
