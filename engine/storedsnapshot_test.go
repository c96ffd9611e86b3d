package engine

import (
	"bytes"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// TestBeginWithStoredSnapshot shows that a server that has lost its store begins a room with the
// snapshot that is stored beside the record, and when it does not.
func TestBeginWithStoredSnapshot(t *testing.T) {
	tests := []struct {
		name     string
		cfg      Config
		meantime func(w *recordWorld)
		user     string
		want     string
		resumed  uint64
		versions int
		saves    int // drafts after the loss
	}{
		{"nothing has happened", Config{}, func(w *recordWorld) {}, "ann", "text, saved", 1, 0, 0},
		{"there is a newer draft", Config{}, func(w *recordWorld) { w.records.changeOutside("r", Edited, "newer") }, "ann", "newer", 1, 0, 0},
		{"it was published", Config{}, func(w *recordWorld) { w.records.changeOutside("r", Published, "text, saved") }, "ann", "text, saved", 1, 0, 0},
		{"not for viewers", Config{}, func(w *recordWorld) {}, "viewer", "text", 0, 0, 0},
		{"it has what was not saved", Config{Drafts: Drafts{Quiet: time.Hour, Interval: time.Hour}}, func(w *recordWorld) {}, "ann", "text, saved", 1, 0, 1},
		{"what was not saved, and a newer draft", Config{Drafts: Drafts{Quiet: time.Hour, Interval: time.Hour}},
			func(w *recordWorld) { w.records.changeOutside("r", Edited, "newer") }, "ann", "newer", 1, 1, 0},
		{"there is none", Config{}, func(w *recordWorld) { clear(w.records.snapshots) }, "ann", "text, saved", 0, 0, 0},
		{"it is damaged", Config{}, func(w *recordWorld) { w.records.snapshots["r"][40] ^= 1 }, "ann", "text, saved", 0, 0, 0},
		{"it is something else", Config{}, func(w *recordWorld) { w.records.snapshots["r"] = encodeSnapshot([]byte("no update"), nil) }, "ann", "text, saved", 0, 0, 0},
		{"it lacks its beginning", Config{}, func(w *recordWorld) { w.records.snapshots["r"] = encodeSnapshot(typed(1, 3, "d"), nil) }, "ann", "text, saved", 0, 0, 0},
		{"its note is odd", Config{}, func(w *recordWorld) { w.records.snapshots["r"] = encodeSnapshot(typed(1, 0, "d"), []byte("odd")) }, "ann", "text, saved", 0, 0, 0},
		{"another program's, of the same text", Config{}, func(w *recordWorld) { w.removeSnapshotNote() }, "ann", "text, saved", 1, 0, 0},
		{"another program's, and a newer draft", Config{}, func(w *recordWorld) { w.removeSnapshotNote(); w.records.changeOutside("r", Edited, "newer") }, "ann", "newer", 1, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.SnapshotUpdates = 1
			inRecordWorld(t, tt.cfg, "text", func(w *recordWorld) {
				a := w.opens("ann")
				pass(11 * time.Second)
				a.writes("text, saved")
				pass(6 * time.Minute)
				w.store.saves = 0
				version := a.room.version
				if len(w.records.snapshotCredentials) == 0 || w.records.snapshotCredentials[0] != "ann" {
					t.Fatalf("stored beside the record with %q", w.records.snapshotCredentials)
				}
				a.Leave()
				w.kill()
				w.store.drop("r")
				w.start()
				saves := len(w.records.saved())
				tt.meantime(w)
				b := w.opens(tt.user)
				w.wantText(tt.want, b)
				if got := w.counter("realtime_rooms_begun_total{with=\"snapshot\"}"); got != tt.resumed || tt.resumed > 0 && b.room.version < version {
					t.Errorf("%d rooms begun with the snapshot, version %d after %d", got, b.room.version, version)
				}
				if tt.resumed > 0 && w.store.rowCount("r") == 0 && w.store.saves == 0 {
					t.Error("the document is not durable")
				}
				pass(2 * time.Hour)
				if len(w.archive.versions) != tt.versions || len(w.records.saved()) != saves+tt.saves {
					t.Errorf("%d versions, saved %q", len(w.archive.versions), w.records.saved()[saves:])
				}
				w.wantText(tt.want, b)
			})
		})
	}
}

// encodeSnapshot is a snapshot with a state and a note.
func encodeSnapshot(state, note []byte) []byte {
	b, _ := snapshot.Append(nil, snapshot.Snapshot{Version: 9, State: state, Note: note}, snapshot.Raw)
	return b
}

// removeSnapshotNote removes the merge base from the snapshot beside the record.
func (w *recordWorld) removeSnapshotNote() {
	s, err := snapshot.Decode(w.records.snapshots["r"], 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	w.records.snapshots["r"] = encodeSnapshot(s.State, nil)
}

// TestClientOutlivesStore shows that the document of a client that returns after the loss of the
// store, and the snapshot beside the record, are merged into one text.
func TestClientOutlivesStore(t *testing.T) {
	inRecordWorld(t, Config{SnapshotUpdates: 1}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("text, typed")
		pass(15 * time.Second)
		a.Leave()
		w.kill()
		w.store.drop("r")
		w.start()
		w.wantText("text, typed", w.rejoins(a, "ann"), w.opens("bob"))
	})
}

// TestStoreIsPreferredToStoredSnapshot shows that a room is loaded from the store if that has it,
// as it is newer than the snapshot beside the record.
func TestStoreIsPreferredToStoredSnapshot(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("text, typed")
		pass(10 * time.Minute)
		w.records.snapshots["r"] = encodeSnapshot(typed(1, 0, "other"), nil)
		a.Leave()
		w.kill()
		w.start()
		if w.wantText("text, typed", w.opens("ann")); w.counter("realtime_rooms_begun_total{with=\"snapshot\"}") != 0 {
			t.Error("the snapshot beside the record was used")
		}
	})
}

// TestSlowSnapshotStorageDelaysNobody shows that the store's snapshots go on while the API does not
// take snapshots, and that it is tried about once a minute.
func TestSlowSnapshotStorageDelaysNobody(t *testing.T) {
	inRecordWorld(t, Config{SnapshotUpdates: 1, SnapshotMinInterval: 10 * time.Second}, "text", func(w *recordWorld) {
		w.records.savingSnapshot.close()
		a := w.opens("ann")
		for i := range 30 {
			a.writes("text" + string(bytes.Repeat([]byte("x"), i+1)))
			pass(11 * time.Second)
		}
		if w.store.saves < 25 || w.counter("realtime_record_snapshot_failures_total") > 6 {
			t.Errorf("%d snapshots in the store, %d failures beside the record", w.store.saves, w.counter("realtime_record_snapshot_failures_total"))
		}
		w.records.savingSnapshot.open()
	})
}

// TestViewersGetNoStoredSnapshot shows that no snapshot is stored beside the record after a visit
// of viewers, whose credentials may not store it.
func TestViewersGetNoStoredSnapshot(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute}, "text", func(w *recordWorld) {
		w.opens("viewer").Leave()
		pass(time.Hour)
		if w.store.saves != 1 || len(w.records.snapshotCredentials) != 0 {
			t.Errorf("%d snapshots in the store, stored beside the record with %q", w.store.saves, w.records.snapshotCredentials)
		}
	})
}

// TestStoredSnapshotNestedTooDeep shows that a snapshot beside the record whose types are nested
// too deeply is not used.
func TestStoredSnapshotNestedTooDeep(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		w.records.snapshots["r"] = encodeSnapshot(nested(ydoc.MaxNesting+1), nil)
		w.wantText("text", w.opens("ann"))
		if w.counter("realtime_record_snapshot_failures_total") != 1 {
			t.Error("the snapshot was used")
		}
	})
}

// nested is an update with depth elements, each in the one before.
func nested(depth int) []byte {
	b := lib0.AppendUvarint([]byte{1}, uint64(depth))
	b = yjs.AppendID(b, yjs.ID{Client: 1})
	for i := range depth {
		if b = append(b, yjs.RefType); i == 0 {
			b = lib0.AppendString(append(b, 1), "default")
		} else {
			b = yjs.AppendID(append(b, 0), yjs.ID{Client: 1, Clock: uint64(i - 1)})
		}
		b = lib0.AppendString(append(b, yjs.TypeXMLElement), "p")
	}
	return append(b, 0)
}
