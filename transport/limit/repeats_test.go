package limit

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// TestHoldBack checks for how long the close of a client that comes back is held back, and which
// clients count as the same.
func TestHoldBack(t *testing.T) {
	r := NewRepeats(1, metrics.NewSet(), time.Now())
	now := time.Hour
	r.Now = func() time.Duration { return now }
	one := Client{Room: "r", User: "u"}
	var waits []time.Duration
	for range 8 {
		waits = append(waits, r.Closing(one, FreeCloses)/time.Second)
		now += time.Minute
	}
	if want := []time.Duration{0, 1, 2, 4, 8, 16, 25, 25}; !slices.Equal(waits, want) {
		t.Errorf("%d seconds, want %d", waits, want)
	}
	for _, other := range []Client{{Room: "s", User: "u"}, {Room: "r", User: "v"}, {Room: "r"}, {Room: "r", User: "u", request: [32]byte{1}}} {
		if wait := r.Closing(other, FreeCloses); wait != 0 {
			t.Errorf("%+v is held back for %v", other, wait)
		}
	}
	now += repeatWindow + maxHoldBack
	if r.Sweep(); r.clients.Len() != 0 {
		t.Errorf("%d are remembered", r.clients.Len())
	}
	if wait := r.Closing(one, FreeCloses); wait != 0 {
		t.Errorf("held back for %v after it was forgotten", wait)
	}
	for i := range maxRepeats + 1 {
		r.Closing(Client{Room: fmt.Sprint(i)}, FreeCloses)
	}
	last, _ := r.clients.Peek(Client{Room: fmt.Sprint(maxRepeats)})
	if r.clients.Len() != maxRepeats || last.times != 1 {
		t.Errorf("%d are remembered, and the last %d times", r.clients.Len(), last.times)
	}
}
