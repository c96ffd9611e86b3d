package awareness

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestStepsOfManyChanges shows that adding many clients and removing them again, in few updates,
// takes time in proportion to their number.
func TestStepsOfManyChanges(t *testing.T) {
	w := newWorld(t, Config{})
	c := w.join("")
	receive := func(n int) (took uint64) {
		w.room.clearChanged()
		for first := 0; first < n; first += 100 {
			var entries []yjs.AwarenessEntry
			for i := range 100 {
				client := uint64(1000 + first + i)
				entries = append(entries, entry(client, 1, "{}"), entry(client, 2, ""))
			}
			took += steps.Count(func() { c.send(entries...) })
		}
		if len(w.room.changed) < n {
			t.Fatalf("%d of %d are to be sent", len(w.room.changed), n)
		}
		return took
	}
	if few, many := receive(2000), receive(4000); many > 2*few+1000 {
		t.Errorf("%d steps for 2,000 clients, %d for 4,000", few, many)
	}
}
