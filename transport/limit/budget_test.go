package limit

import (
	"math/rand/v2"
	"testing"

	"github.com/VictoriaMetrics/metrics"
)

// sender is a message that comes in fragments, with a reservation for each.
type sender struct {
	Reservation
	parts []int // bytes to reserve in all, ascending
}

// TestMessageBudget shows that many growing messages that share a small budget stay within it,
// whatever their order, and that none waits for ever.
func TestMessageBudget(t *testing.T) {
	const frame = 1000
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 0))
		b := NewBudget(rng.IntN(4*frame), frame, metrics.NewSet())
		var senders []*sender
		ready, waiting := map[*Reservation]*sender{}, map[*Reservation]*sender{}
		granted := func(m *Reservation) {
			ready[m] = waiting[m]
			delete(waiting, m)
		}
		for range 20 {
			s := &sender{}
			s.Granted = func() { granted(&s.Reservation) }
			for size := 0; size < frame && (size == 0 || rng.IntN(4) > 0); {
				size = min(frame, size+1+rng.IntN(600))
				s.parts = append(s.parts, size)
			}
			senders = append(senders, s)
			ready[&s.Reservation] = s
		}
		for steps := 0; len(ready) > 0; steps++ {
			for m, s := range ready { // any one of them
				switch {
				case len(s.parts) == 0 || rng.IntN(20) == 0: // it is complete, or timed out
					delete(ready, m)
					b.Release(m)
				default:
					want := s.parts[0]
					s.parts = s.parts[1:]
					delete(ready, m)
					waiting[m] = s
					if b.Reserve(m, want) {
						granted(m)
					}
				}
				break
			}
			sum := 0
			for _, s := range senders {
				sum += s.bytes
			}
			if used := b.Used(); used != sum || used > b.limit {
				t.Fatalf("seed %d: %d reserved, by count %d, of %d", seed, used, sum, b.limit)
			}
		}
		if len(waiting) > 0 || b.Used() != 0 || len(b.queue) > 0 {
			t.Fatalf("seed %d: %d wait for ever, %d bytes are left", seed, len(waiting), b.Used())
		}
	}
}

// TestMessageBudgetInTurn shows that reservations are granted in order, without cancelled ones.
func TestMessageBudgetInTurn(t *testing.T) {
	const frame = 1000
	b := NewBudget(frame+framing+100, frame, metrics.NewSet()) // for the privileged one, and 100 bytes
	var woken []*Reservation
	var m [6]Reservation
	for i := range m {
		m[i].Granted = func() { woken = append(woken, &m[i]) }
	}
	if !b.Reserve(&m[0], 100) || !b.Reserve(&m[1], 500) {
		t.Fatal("there was room")
	}
	if !b.Reserve(&m[1], 1000) {
		t.Error("the privileged one may not grow")
	}
	if b.Reserve(&m[2], 90) || b.Reserve(&m[3], 10) || b.Reserve(&m[4], 80) || b.Reserve(&m[5], 20) {
		t.Fatal("there was no room")
	}
	if n := b.waited.Get(); n != 4 {
		t.Errorf("%d waited", n)
	}
	if !b.Cancel(&m[3]) || b.Cancel(&m[3]) || b.Cancel(&m[0]) {
		t.Error("who gave up was not waiting, or still is")
	}
	b.Release(&m[0])
	if len(woken) != 1 || woken[0] != &m[2] { // 80 do not fit beside 90, and 20 come after them
		t.Fatalf("%d woken", len(woken))
	}
	b.Release(&m[1])
	if len(woken) != 2 || woken[1] != &m[4] { // now the privileged one
		t.Fatalf("%d woken", len(woken))
	}
	b.Release(&m[2])
	if len(woken) != 3 || woken[2] != &m[5] {
		t.Errorf("%d woken", len(woken))
	}
}
