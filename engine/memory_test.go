package engine

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestMemoryOfIdlePeers bounds the memory of an idle peer: its own and its share of a room of ten,
// where one has typed and all have an awareness state. The memory of connections is not in it.
func TestMemoryOfIdlePeers(t *testing.T) {
	const rooms, perRoom, most = 500, 10, 1200
	synctest.Test(t, func(t *testing.T) {
		before := liveHeap()
		e := New(Config{Compression: snapshot.Raw}, newMemStore(), slog.New(slog.DiscardHandler))
		peers := make([]*Peer, rooms*perRoom)
		for i := range peers {
			identity := Identity{ID: fmt.Sprint("user-", i), Name: "Ann A."}
			p, err := e.Join(context.Background(), roomkey.MustParse(fmt.Sprint("record:", i/perRoom)), sink{}, protocol.YWebsocket{}, identity)
			if err != nil {
				t.Fatal(err)
			}
			peers[i] = p
			p.mustSend(t, protocol.SyncRequest, yjs.StateVector{{Client: 1, Clock: 1}, {Client: 2, Clock: 2}}.Append(nil))
			if i%perRoom == 0 {
				p.mustSend(t, protocol.Update, typed(p.id, 0, "text"))
			}
		}
		state := `{"user":{"id":"u","name":"Ann A.","color":"#3b82f6"},"cursor":null}`
		for clock := range uint64(5) {
			for _, p := range peers {
				p.mustSend(t, protocol.Awareness, awarenessUpdate(stateEntry(p.id, clock, state)))
			}
			time.Sleep(15 * time.Second)
			synctest.Wait()
		}
		if each := (liveHeap() - before) / len(peers); each > most {
			t.Errorf("%d bytes for each, want at most %d", each, most)
		} else {
			t.Logf("%d bytes for each", each)
		}
		runtime.KeepAlive(peers)
		_ = e.Drain(context.Background())
	})
}

func (p *Peer) mustSend(t *testing.T, k protocol.Kind, body []byte) {
	mustDeliver(t, p, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: k, Body: body}))
}

// liveHeap returns the bytes of live objects on the heap.
func liveHeap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools keep objects through the first
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
