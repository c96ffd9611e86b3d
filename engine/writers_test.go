package engine

import (
	"testing"
	"time"
)

// TestStuckClientsDelayNoOthers shows that clients that read nothing do not delay the updates of
// others.
func TestStuckClientsDelayNoOthers(t *testing.T) {
	const clients, stuck = 300, 7
	inWorld(t, Config{}, func(w *world) {
		var all []*client
		for i := range clients {
			c := w.joinSynced("r")
			if i%(clients/stuck) == 1 {
				c.conn.reading.close()
			}
			all = append(all, c)
		}
		all[0].types(0, "hello")
		pass(time.Second)
		for i, c := range all {
			if shut := c.conn.reading.isShut(); (len(c.conn.take()) == 0) != shut {
				t.Errorf("client %d, reading %v, was sent an update: %v", i, !shut, shut)
			}
		}
		for i, c := range all {
			if c.conn.reading.isShut() {
				c.conn.reading.open()
			}
			all[i] = c
		}
		pass(time.Second)
	})
}
