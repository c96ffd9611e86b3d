package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// TestMemoryOfIdlePeers has a town idle in rooms of ten, where some wrote before, and pins what each costs. What the
// transport needs for a connection comes on top of it.
func TestMemoryOfIdlePeers(t *testing.T) {
	const rooms, perRoom, most = 500, 10, 5000
	synctest.Test(t, func(t *testing.T) {
		before := liveHeap()
		e := New(Config{Compression: snapshot.Raw}, newMemStore(), slog.New(slog.DiscardHandler))
		var peers []*Peer
		proto, state := codec.YWebsocket{}, []byte(`{"user":{"id":"u","name":"Ann A.","color":"#3b82f6"},"cursor":null}`)
		say := func(p *Peer, k codec.Kind, body []byte) { mustDeliver(t, p, proto.Append(nil, codec.Message{Kind: k, Body: body})) }
		for i := range rooms * perRoom {
			p, err := e.Join(context.Background(), fmt.Sprintf("record:%d", i/perRoom), sink{}, proto, Identity{ID: fmt.Sprintf("user-%d", i), Name: "Ann A."})
			if err != nil {
				t.Fatal(err)
			}
			say(p, codec.SyncRequest, codec.StateVector{}.Append(nil))
			say(p, codec.Awareness, awareness(codec.AwarenessEntry{Client: p.id, Clock: 1, State: state}))
			if i%perRoom == 0 {
				say(p, codec.Update, typed(p.id, 0, "text"))
			}
			peers = append(peers, p)
		}
		for clock := range uint64(4) {
			time.Sleep(15 * time.Second)
			for _, p := range peers {
				say(p, codec.Awareness, awareness(codec.AwarenessEntry{Client: p.id, Clock: clock + 2, State: state}))
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		each := (liveHeap() - before) / len(peers)
		t.Logf("%d bytes", each)
		if each > most {
			t.Errorf("%d bytes of memory for each, want at most %d", each, most)
		}
		if f := os.Getenv("HEAPOUT"); f != "" { w, _ := os.Create(f); pprof.WriteHeapProfile(w); w.Close() }
		runtime.KeepAlive(peers)
		_ = e.Drain(context.Background())
	})
}

// liveHeap is what is in use of the heap, in bytes.
func liveHeap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools let go
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
