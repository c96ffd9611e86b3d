package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestStepsOfPresence brings many clients and withdraws them again, in few messages.
func TestStepsOfPresence(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		p := w.greeted("a").Peer
		hear := func(n int) uint64 {
			p.room.mu.Lock()
			defer p.room.mu.Unlock()
			s := &p.room.presence
			s.unlist()
			took := uint64(0)
			for first := 0; first < n; first += 100 {
				var said []yjs.AwarenessEntry
				for i := range 100 {
					client := uint64(1000 + first + i)
					said = append(said, one(client, 1, "{}"), one(client, 2, ""))
				}
				a, err := yjs.CheckAwareness(awareness(said...))
				if err != nil {
					t.Fatal(err)
				}
				took += steps.Count(func() { s.hear(p, a, time.Now()) })
			}
			if len(s.changed) < n {
				t.Fatalf("%d of %d are to be told of", len(s.changed), n)
			}
			return took
		}
		settle()
		if few, many := hear(2000), hear(4000); many > 2*few+1000 {
			t.Errorf("%d steps for 2,000 clients, %d for 4,000", few, many)
		}
	})
}
