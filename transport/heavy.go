package transport

import (
	"runtime"
	"sync/atomic"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/engine"
)

// heavy bounds how many long messages are dealt with at a time, to half of the processors:
// more of them would share all processors with those that read, flush and write for everybody.
type heavy struct {
	turns   chan struct{} // holds one token for each that is dealt with
	waiting atomic.Int64  // how many wait for their turn
}

func newHeavy(set *metrics.Set) *heavy {
	h := &heavy{turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	set.NewGauge("realtime_long_messages_waiting", func() float64 { return float64(h.waiting.Load()) })
	return h
}

// take waits for a turn, which give gives back.
func (h *heavy) take() {
	h.waiting.Add(1)
	h.turns <- struct{}{}
	h.waiting.Add(-1)
}

func (h *heavy) give() { <-h.turns }

// deliverLong gives a long message to the room, in its turn among the long ones. What has
// to wait for the room's lock waits out of turn. reading is held.
func (c *conn) deliverLong(payload []byte) error {
	left, err := c.deliverInTurn(payload)
	if err != nil || left == nil {
		return err
	}
	return c.peer.DeliverRest(left)
}

func (c *conn) deliverInTurn(payload []byte) (left *engine.Undelivered, err error) {
	c.server.heavy.take()
	defer c.server.heavy.give()
	return c.peer.TryDeliver(payload)
}
