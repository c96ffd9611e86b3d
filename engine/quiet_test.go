package engine

import (
	"testing"
	"time"
)

// TestQuietRoomKeepsItsClients: a client that shows no presence hears something in every 30 s.
func TestQuietRoomKeepsItsClients(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.greeted("r")
		pass(11 * time.Second)
		b := w.greeted("r")
		for range 10 {
			before := [...]int{a.conn.murmured(), b.conn.murmured()}
			pass(21 * time.Second)
			if a.conn.murmured() == before[0] || b.conn.murmured() == before[1] {
				t.Fatal("nothing was said for 21 s")
			}
		}
		if n := a.conn.murmured(); n > 12 {
			t.Errorf("%d messages that say nothing in four minutes", n)
		}
	})
}
