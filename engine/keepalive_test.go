package engine

import (
	"testing"
	"time"
)

// TestKeepAliveOfIdleRoom shows that a client is sent something at least every 30 s in an idle
// room, and not much more often.
func TestKeepAliveOfIdleRoom(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		pass(11 * time.Second)
		b := w.joinSynced("r")
		for range 10 {
			before := [...]int{a.conn.keptAlive(), b.conn.keptAlive()}
			pass(21 * time.Second)
			if a.conn.keptAlive() == before[0] || b.conn.keptAlive() == before[1] {
				t.Fatal("nothing was sent for 21 s")
			}
		}
		if n := a.conn.keptAlive(); n > 12 {
			t.Errorf("%d keep-alives in four minutes", n)
		}
	})
}
