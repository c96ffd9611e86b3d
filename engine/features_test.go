package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestReadOnlyEngine shows that nobody may write while collaborative editing is switched off, that
// clients are sent the reason, and that presence goes on.
func TestReadOnlyEngine(t *testing.T) {
	inWorld(t, Config{ReadOnly: true}, func(w *world) {
		a, y := w.joinJSON("r", ann), w.joinSynced("r")
		pass(time.Second)
		if got := a.conn.take(); !got[0].Room.ReadOnly || len(got[0].Room.Participants) != 1 {
			t.Errorf("%+v", got[0])
		}
		a.types(1, 0, "x")
		if got := a.wantMessages("a native client", "control/error")[0]; got.Error.Code != protocol.CodePermissionDenied || got.Error.Message != ErrEditingOff.Reason {
			t.Errorf("%+v", got)
		}
		y.types(0, "x")
		settle()
		if got := y.conn.take(); len(got) != 1 || got[0].Kind != protocol.Failure || got[0].Text != ErrEditingOff.Reason {
			t.Errorf("%+v", got)
		}
		y.sends(protocol.SyncReply, []byte{0, 0}) // has nothing new, and so is no attempt to write
		a.sendsJSON(`{"type": "presence", "event": "cursor", "cursor": {"position": 1}}`)
		pass(time.Minute)
		if !y.conn.hasReceived(protocol.Awareness) || y.conn.hasReceived(protocol.Failure) {
			t.Errorf("%v", y.conn.kinds())
		}
		if a.room.version != 0 || y.conn.closed() != 0 {
			t.Errorf("version %d, closed with %v", a.room.version, y.conn.closed())
		}
	})
}

// TestNoPresence shows that no presence is sent while presence is switched off, neither at joins
// nor later nor on request, and that documents are still synchronized.
func TestNoPresence(t *testing.T) {
	inWorld(t, Config{NoPresence: true}, func(w *world) {
		a, y := w.joinJSON("r", ann), w.joinSynced("r")
		z := w.joinSynced("r")
		b := w.joinJSON("r", bob)
		y.sends(protocol.Awareness, awarenessUpdate(yjs.AwarenessEntry{Client: 7, Clock: 1, State: []byte(`{"user":{"name":"Yve"}}`)}))
		a.sendsJSON(`{"type": "presence", "event": "cursor", "cursor": {"position": 1}}`)
		b.sendsJSON(`{"type": "presence", "event": "typing"}`)
		z.sends(protocol.AwarenessRequest, nil)
		y.types(0, "text")
		pass(time.Second)
		y.Leave()
		b.Leave()
		pass(time.Minute)
		for _, m := range a.conn.take() {
			if m.Type == "presence" || len(m.Room.Participants) > 0 {
				t.Errorf("a native client is sent %+v", m)
			}
		}
		silent := z.conn.keptAlive()
		for _, m := range z.conn.take() {
			if m.Kind == protocol.Awareness {
				t.Errorf("z is sent %+v", m)
			}
		}
		if silent == 0 {
			t.Error("z is sent no keep-alive")
		}
		if len(z.conn.stateVector()) != 1 || a.room.version != 1 {
			t.Error("the text was not sent")
		}
	})
}

// TestNoRecordSnapshots shows that no snapshot is stored beside the record, or used, while that is
// switched off.
func TestNoRecordSnapshots(t *testing.T) {
	inRecordWorld(t, Config{NoRecordSnapshots: true, SnapshotUpdates: 1}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		pass(11 * time.Second)
		a.writes("text, saved")
		pass(6 * time.Minute)
		if len(w.records.snapshotCredentials) > 0 || w.store.saves == 0 {
			t.Errorf("stored beside the record with %q; %d snapshots in the store", w.records.snapshotCredentials, w.store.saves)
		}
		w.records.snapshots["r"] = encodeSnapshot(typed(1, 0, "d"), nil)
		a.Leave()
		w.kill()
		w.store.drop("r")
		w.start()
		b := w.opens("ann")
		w.wantText("text, saved", b)
		if n := w.counter("realtime_rooms_begun_total{with=\"snapshot\"}"); n != 0 {
			t.Errorf("%d rooms begun with a snapshot", n)
		}
	})
}

// TestNoSnapshotsInBetween shows that with no SnapshotInterval a room in use is saved only after
// SnapshotUpdates updates, and when it is unloaded.
func TestNoSnapshotsInBetween(t *testing.T) {
	inWorld(t, Config{SnapshotInterval: Never, SnapshotUpdates: 100}, func(w *world) {
		a := w.joinSynced("r")
		for n := range uint64(99) {
			a.types(n, "x")
			pass(time.Hour)
		}
		if w.store.saves != 0 || w.store.rowCount("r") != 99 {
			t.Errorf("%d snapshots, %d rows", w.store.saves, w.store.rowCount("r"))
		}
		a.types(99, "x")
		pass(time.Minute)
		if w.store.saves != 1 || w.store.rowCount("r") != 0 {
			t.Errorf("after 100 updates %d snapshots, %d rows", w.store.saves, w.store.rowCount("r"))
		}
		a.types(100, "x")
		pass(time.Hour)
		a.Leave()
		pass(time.Hour)
		if w.store.saves != 2 || w.store.rowCount("r") != 0 {
			t.Errorf("after it is unloaded %d snapshots, %d rows", w.store.saves, w.store.rowCount("r"))
		}
	})
}
