package engine

import (
	"context"
	"runtime"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestPreparing shows that Preparing reports a room while the engine works on its text, and not
// while the store is waited for, and that a join whose deadline passes meanwhile is accepted.
func TestPreparing(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		w.store.loading.close()
		identity := w.identityOf("ann")
		ctx, expire := context.WithCancelCause(context.Background())
		joined := make(chan error)
		go func() {
			_, err := w.Join(ctx, roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, identity)
			joined <- err
		}()
		settle()
		if w.Preparing(roomkey.MustParse("r")) || w.Preparing(roomkey.MustParse("another")) {
			t.Error("Preparing reports a room that waits for the store, or one that is not loaded")
		}
		r := w.roomMap.find(roomkey.MustParse("r"))
		w.records.mu.Lock() // the room cannot begin without it
		w.store.loading.open()
		for <-r.loaded; !w.Preparing(roomkey.MustParse("r")); {
			runtime.Gosched()
		}
		expire(context.DeadlineExceeded)
		w.records.mu.Unlock()
		if err := <-joined; err != nil {
			t.Errorf("the join was refused: %v", err)
		}
		settle()
		if w.Preparing(roomkey.MustParse("r")) {
			t.Error("Preparing reports a room that is ready")
		}
	})
}

// TestJoinCanceled shows that a join with a text of the record is refused if its context is done.
func TestJoinCanceled(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		w.opens("bob")
		ctx, leave := context.WithCancel(context.Background())
		leave()
		if _, err := w.Join(ctx, roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, w.identityOf("ann")); err != context.Canceled {
			t.Errorf("joined: %v", err)
		}
	})
}
