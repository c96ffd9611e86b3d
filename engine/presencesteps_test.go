package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/steps"
)

// TestStepsOfPresence brings many clients and withdraws them again, all in one message.
func TestStepsOfPresence(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		p := w.greeted("a").Peer
		hear := func(n int) uint64 {
			b := codec.AppendAwarenessHeader(nil, 2*n)
			for client := range uint64(n) {
				b = codec.AppendAwarenessEntry(b, codec.AwarenessEntry{Client: 1000 + client, Clock: 1, State: []byte("{}")})
				b = codec.AppendAwarenessEntry(b, codec.AwarenessEntry{Client: 1000 + client, Clock: 2})
			}
			a, err := codec.CheckAwareness(b)
			if err != nil {
				t.Fatal(err)
			}
			p.room.mu.Lock()
			defer p.room.mu.Unlock()
			s := &p.room.presence
			s.unlist()
			took := steps.Count(func() { s.hear(p, a, time.Now()) })
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
