package transport

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestIdleConnection checks that an idle connection has no goroutine, and takes little memory, of
// which the test's own end is a part.
func TestIdleConnection(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	if bytes := idleBytes(newWorld(t), idleYWebsocket); bytes > 10<<10 {
		t.Errorf("%d bytes", bytes)
	}
}

// idleYWebsocket connects a client of y-websocket to a room, and keeps none of its buffers.
func idleYWebsocket(w *world, room string) {
	c := dial(w.t, w, "/realtime/records/"+room+"?token=anybody")
	c.sendMessage(protocol.SyncRequest, []byte{0})
	c.receive(protocol.SyncReply)
	c.br, c.answer = nil, nil
}

// idleBytes returns how many bytes an idle connection takes, of ten in a room, after it has checked
// that the connections have no goroutines. join makes a connection to a room.
func idleBytes(w *world, join func(w *world, room string)) int {
	w.t.Helper()
	const n, perRoom, made = 500, 10, 8
	for range made { // for the memory that each poller allocates once
		join(w, "0")
	}
	before := usage()
	for i := range n {
		join(w, fmt.Sprint(i/perRoom))
	}
	w.until("all are there", func() bool { return w.conns.size() == n+made })
	w.until("their writers have ended", func() bool { return usage().goroutines <= before.goroutines+5 })
	bytes := int(usage().heap-before.heap) / n
	w.t.Logf("%d bytes for each connection", bytes)
	return bytes
}

type cost struct {
	heap       uint64 // bytes
	goroutines int
}

func usage() cost {
	for range 2 { // pools keep objects through the first
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return cost{m.HeapAlloc, runtime.NumGoroutine()}
}

// TestWriteAllocs shows that writing to a connection allocates nothing.
func TestWriteAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("pools forget at random under the race detector")
	}
	w := newWorld(t)
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	go func() {
		buf := make([]byte, 64<<10)
		for {
			if _, err := client.conn.Read(buf); err != nil {
				return
			}
		}
	}()
	for _, frames := range [][][]byte{
		{filled('a', 60)},
		{filled('a', 60), filled('b', 300)},
		{filled('a', 60), filled('b', 100<<10), filled('c', 5)},
	} {
		if n := testing.AllocsPerRun(200, func() { _ = c.Write(frames, nil) }); n != 0 {
			t.Errorf("%d frames: %v allocations", len(frames), n)
		}
	}
}
