package engine

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestAwarenessCostIsIndependentOfDocument shows that neither the memory nor the bytes that a caret
// move costs depend on the document, here one of 1.5 MB.
func TestAwarenessCostIsIndependentOfDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const moves, size = 100, 1500 << 10
		e := New(Config{Compression: snapshot.Raw}, newMemStore(), slog.New(slog.DiscardHandler))
		defer e.Drain(context.Background())
		var written atomic.Int64
		join := func() *Peer {
			p, err := e.Join(context.Background(), roomkey.MustParse("r"), &countingConn{bytes: &written}, protocol.YWebsocket{}, Identity{})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		p, proto := join(), protocol.YWebsocket{}
		join()
		mustDeliver(t, p, proto.Append(nil, protocol.Message{Kind: protocol.Update, Body: longInsertion(size)}))
		time.Sleep(time.Second)
		synctest.Wait()
		if got := written.Load(); got < 2*size {
			t.Fatalf("%d bytes were written of a document of %d", got, size)
		}

		written.Store(0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for clock := range uint64(moves) {
			mustDeliver(t, p, proto.Append(nil, protocol.Message{Kind: protocol.Awareness, Body: yjs.AppendAwarenessEntry(
				yjs.AppendAwarenessHeader(nil, 1), yjs.AwarenessEntry{Client: 1, Clock: clock + 1, State: []byte(moved)})}))
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		runtime.ReadMemStats(&after)
		if each := (after.TotalAlloc - before.TotalAlloc) / moves; each > 8<<10 {
			t.Errorf("%d bytes of memory a move", each)
		}
		if each := written.Load() / moves; each == 0 || each > 1<<10 {
			t.Errorf("%d bytes written a move", each)
		}
	})
}

// longInsertion is an update that inserts n characters.
func longInsertion(n int) []byte {
	u := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: 7})
	u = lib0.AppendString(append(u, yjs.RefString, 1), "text")
	return append(lib0.AppendString(u, strings.Repeat("x", n)), 0)
}
