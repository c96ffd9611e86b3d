package engine

import (
	"testing"
	"time"
)

// TestKeepAliveOfIdleRoom: a client without a state is sent something in every 30 s.
func TestKeepAliveOfIdleRoom(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		pass(11 * time.Second)
		b := w.joinSynced("r")
		for range 10 {
			before := [...]int{a.conn.keptAlive(), b.conn.keptAlive()}
			pass(21 * time.Second)
			if a.conn.keptAlive() == before[0] || b.conn.keptAlive() == before[1] {
				t.Fatal("nothing was said for 21 s")
			}
		}
		if n := a.conn.keptAlive(); n > 12 {
			t.Errorf("%d messages that say nothing in four minutes", n)
		}
	})
}
