//go:build !race

package awareness

import (
	"fmt"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestNoAllocations shows that moving a cursor, in an awareness update or alone, and sending it
// allocates nothing.
func TestNoAllocations(t *testing.T) {
	w := newWorld(t, Config{})
	y, native := w.join("anna"), w.joinAs("max", true)
	updates, cursors := make([]yjs.CheckedAwareness, 2000), [2][]byte{[]byte(`{"position":1}`), []byte(`{"position":2}`)}
	for i := range updates {
		u, err := Check(encode(entry(7, uint64(i), fmt.Sprintf(`{"cursor":{"position":%d}}`, i%10))))
		if err != nil {
			t.Fatal(err)
		}
		updates[i] = u
	}
	i := 0
	reply := func(protocol.Message) { t.Error("a reply") }
	sent := 0
	send := func(Outgoing) { sent++ }
	n := testing.AllocsPerRun(len(updates)-100, func() {
		if _, err := w.room.Receive(&y.Peer, updates[i], w.now, reply); err != nil {
			t.Fatal(err)
		}
		if err := w.room.SetCursor(&native.Peer, cursors[i%2], w.now); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Millisecond)
		w.room.Tick(w.now)
		w.room.Flush(send)
		i++
	})
	if n > 0 || sent < i {
		t.Errorf("%v allocations; %d messages of %d moves", n, sent, i)
	}
}
