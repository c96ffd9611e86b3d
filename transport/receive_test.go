package transport

import (
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestCostOfReceive shows that a piece of a message costs its own bytes and the memory by which it
// makes the buffer grow, and that the last piece costs the whole message, which is checked then.
// Pollers share their time by this cost.
func TestCostOfReceive(t *testing.T) {
	const size, slice = 60 << 10, 1 << 10
	for _, test := range []struct {
		name   string
		stream []byte
	}{
		{"one frame", typing(1, size)},
		{"fragments", inFragments(typing(1, longMessage), 100)},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			client := dial(t, w, "/realtime/records/a")
			client.receive(protocol.SyncRequest)
			client.roundTrips(1) // all input has been read by now
			c := w.only()
			c.reading.Lock()
			defer c.reading.Unlock()
			received, cost, held := 0, 0, 0
			for part := range slices.Chunk(test.stream, slice) {
				last := received+len(part) == len(test.stream)
				got := c.Receive(part)
				if received, cost = received+len(part), cost+got; last {
					if least := len(part) + held; got < least {
						t.Errorf("the last slice costs %d, want at least %d", got, least)
					}
					break
				}
				held = c.frames.Memory()
				if want := received + held; cost != want {
					t.Fatalf("%d bytes, for which %d are held, cost %d, want %d", received, held, cost, want)
				}
			}
			if held < size {
				t.Errorf("%d bytes were held", held)
			}
		})
	}
}
