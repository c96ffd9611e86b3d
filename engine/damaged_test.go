package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
)

func damagedSnapshot() []byte {
	b, err := snapshot.Append(nil, snapshot.Snapshot{Version: 1, State: typed(1, 0, "what was there")}, snapshot.Raw)
	if err != nil {
		panic(err)
	}
	b[len(b)-1] ^= 1
	return b
}

// damagedError is an error of a store that reports damage.
type damagedError struct{}

func (damagedError) Error() string { return "a bit is wrong" }
func (damagedError) Damaged()      {}

// Load implements Store. It fails while damaged is set.
func (a *memArchive) Load(ctx context.Context, room string) ([]byte, [][]byte, error) {
	if a.damaged {
		return nil, nil, fmt.Errorf("room %q: %w", room, damagedError{})
	}
	return a.memStore.Load(ctx, room)
}

// Quarantine moves the data of a room to another name.
func (s *memStore) Quarantine(_ context.Context, room string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshots["aside "+room], s.rows["aside "+room] = s.snapshots[room], s.rows[room]
	delete(s.snapshots, room)
	delete(s.rows, room)
	return nil
}

var damages = map[string]func(w *recordWorld){
	"its snapshot":                   func(w *recordWorld) { w.store.snapshots["r"] = damagedSnapshot() },
	"what the store says is damaged": func(w *recordWorld) { w.store.rows["r"], w.archive.damaged = []memRow{{1, nil}}, true },
	"a row that others build on": func(w *recordWorld) {
		w.store.rows["r"] = []memRow{{1, stored.AppendRow(nil, 2, yjs.Trust(typed(7, 5, "later")))}}
	},
}

// TestDamagedRoomBeginsWithItsRecord shows that a damaged room begins with its record, that peers
// get a notice, and that the stored data is kept.
func TestDamagedRoomBeginsWithItsRecord(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "the record", func(w *recordWorld) {
				damage(w)
				c := w.joinJSON("r", w.identityOf("ann"))
				pass(time.Second)
				c.wantNotices(noticeDamaged)
				d := w.opens("bob")
				w.wantText("the record", d)
				if w.store.rowCount("aside r")+len(w.store.snapshotOf("aside r")) == 0 {
					t.Error("the stored data is not kept")
				}
				if !strings.Contains(w.out.String(), "quarantined") || w.metrics.quarantined.Get() != 1 {
					t.Errorf("neither logged nor counted: %s", w.out.String())
				}
				pass(time.Hour)
			})
		})
	}
}

// TestDamagedRoomWithoutRecord shows that a damaged room without a record does not open, and that
// its stored data stays as it is.
func TestDamagedRoomWithoutRecord(t *testing.T) {
	for name, without := range map[string]func(w *recordWorld){
		"no such record":           func(w *recordWorld) { delete(w.records.records, "r") },
		"nobody may read it":       func(w *recordWorld) { w.records.refused = []string{"token"} },
		"the API is not answering": func(w *recordWorld) { w.records.failure = errAPI },
	} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "the record", func(w *recordWorld) {
				w.store.snapshots["r"] = damagedSnapshot()
				without(w)
				_, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{Credential: "token"})
				var closing *CloseError
				if !errors.As(err, &closing) {
					t.Errorf("got %v", err)
				}
				pass(time.Hour)
				if !strings.Contains(w.out.String(), "stored room is damaged") {
					t.Error("nothing is logged")
				}
				if !bytes.Equal(w.store.snapshots["r"], damagedSnapshot()) {
					t.Error("the stored data is gone")
				}
			})
		})
	}
	inWorld(t, Config{}, func(w *world) {
		w.store.snapshots["r"] = damagedSnapshot()
		_, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{})
		var closing *CloseError
		if !errors.As(err, &closing) || closing.Reason != reasonDamaged {
			t.Errorf("got %v", err)
		}
	})
}

// unhealthyStore is a memStore that reports that nothing can be stored while health is not nil.
type unhealthyStore struct {
	*memStore
	health error
}

func (s *unhealthyStore) Healthy() error { return s.health }

// TestNotReadyWithoutHealth shows that an engine is not ready while its store reports an error.
func TestNotReadyWithoutHealth(t *testing.T) {
	gone := errors.New("gone")
	e := New(Config{}, &unhealthyStore{newMemStore(), gone}, slog.New(slog.DiscardHandler))
	if err := e.Ready(); !errors.Is(err, gone) {
		t.Errorf("Ready: %v", err)
	}
	if err := e.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}
