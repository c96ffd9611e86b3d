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
	const n, perRoom, made = 500, 10, 8
	w := newWorld(t)
	join := func(i int) {
		c := dial(t, w, fmt.Sprintf("/realtime/records/%d", i/perRoom))
		c.sendMessage(protocol.SyncRequest, []byte{0})
		c.receive(protocol.SyncReply)
		c.br, c.answer = nil, nil
	}
	for range made { // for the memory that each poller allocates once
		join(0)
	}
	before := usage()
	for i := range n {
		join(i)
	}
	w.until("all are there", func() bool { return w.conns.size() == n+made })
	w.until("their writers have ended", func() bool { return usage().goroutines <= before.goroutines+5 })
	after := usage()
	bytes := (after.bytes - before.bytes) / n
	t.Logf("%d bytes and %d goroutines per connection", bytes, (after.goroutines-before.goroutines)/n)
	if bytes > 10<<10 {
		t.Errorf("%d bytes", bytes)
	}
}

type cost struct {
	bytes      uint64 // of heap and stacks
	goroutines int
}

func usage() cost {
	for range 3 { // each halves the stacks, and two empty the pools
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return cost{m.HeapAlloc + m.StackInuse, runtime.NumGoroutine()}
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
