package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestRoomIsKeptForWaiters shows that joins that wait for a room keep it loaded, however short the
// grace period is and however long the record's text takes, and that it is loaded and begun once.
func TestRoomIsKeptForWaiters(t *testing.T) {
	for name, grace := range map[string]time.Duration{"none": 1, "100 ms": 100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{Grace: grace}, strings.Repeat("word ", 10_000), func(w *recordWorld) {
				w.records.fetching.close()
				joined := make(chan *Peer, 3)
				for range cap(joined) {
					go func() {
						p, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{ID: "jwt"})
						if err != nil {
							t.Errorf("joining ended with %v", err)
						}
						joined <- p
					}()
				}
				pass(10 * time.Second)
				w.records.fetching.open()
				settle()
				if len(joined) != cap(joined) {
					t.Fatalf("%d of %d joins were accepted", len(joined), cap(joined))
				}
				if seeds := w.counter("realtime_rooms_begun_total{with=\"text\"}"); w.store.loads != 1 || seeds != 1 || w.records.fetches != 1 {
					t.Errorf("%d loads, %d seeds and %d fetches, want one of each", w.store.loads, seeds, w.records.fetches)
				}
				for range cap(joined) {
					(<-joined).Leave()
				}
				pass(time.Minute)
				if rooms := w.Engine.metrics.rooms.Get(); rooms != 0 {
					t.Errorf("%v rooms are loaded though everybody has left", rooms)
				}
			})
		})
	}
}

// TestWaiterGivesUp shows that the join of a client that leaves while its room is prepared ends,
// and that a room that nobody waits for is then unloaded.
func TestWaiterGivesUp(t *testing.T) {
	tests := []struct {
		name string
		shut func(w *recordWorld) *gate
	}{
		{"while it is loaded", func(w *recordWorld) *gate { return &w.store.loading }},
		{"while its text is fetched", func(w *recordWorld) *gate { return &w.records.fetching }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{Grace: 1}, "text", func(w *recordWorld) {
				gate := tt.shut(w)
				gate.close()
				ctx, leave := context.WithCancel(context.Background())
				var waiting sync.WaitGroup
				waiting.Go(func() {
					_, err := w.Join(ctx, roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{ID: "jwt"})
					if !errors.Is(err, context.Canceled) {
						t.Errorf("joining ended with %v", err)
					}
				})
				pass(time.Second)
				leave()
				waiting.Wait()
				gate.open()
				pass(time.Second)
				if w.store.loads != 1 || w.Engine.metrics.rooms.Get() != 0 {
					t.Errorf("%d loads, %v rooms", w.store.loads, w.Engine.metrics.rooms.Get())
				}
			})
		})
	}
}

// TestLeftBeforeJoining shows that a join without a text of the record is refused if its context is
// done.
func TestLeftBeforeJoining(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		w.opens("ann")
		ctx, leave := context.WithCancel(context.Background())
		leave()
		peer, err := w.Join(ctx, roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{ID: "jwt"})
		if peer != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v", peer, err)
		}
	})
}
