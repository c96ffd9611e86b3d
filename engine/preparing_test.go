package engine

import (
	"context"
	"runtime"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestPreparing: a room that waits for the store is not what the engine works on; while it works on
// the text nobody's patience ends, and who has waited until the room is ready is let in.
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
			t.Error("the store is waited for, or nothing, and the engine is said to work on it")
		}
		r := w.roomMap.find(roomkey.MustParse("r"))
		w.records.mu.Lock() // which the beginning needs
		w.store.loading.open()
		for <-r.loaded; !w.Preparing(roomkey.MustParse("r")); {
			runtime.Gosched()
		}
		expire(context.DeadlineExceeded)
		w.records.mu.Unlock()
		if err := <-joined; err != nil {
			t.Errorf("who has waited is refused: %v", err)
		}
		settle()
		if w.Preparing(roomkey.MustParse("r")) {
			t.Error("a room that is ready is still worked on")
		}
	})
}

// TestLeftMeanwhile: who has left is not let in.
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
