package engine

import (
	"testing"
	"time"
)

// TestHold shows when those who talk are not read: from a flush until shortly before the next may come. Who is silent
// always is, and so is who has been for some windows.
func TestHold(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.greeted("r"), w.greeted("r")
		held := func(c *client) bool {
			c.conn.mu.Lock()
			defer c.conn.mu.Unlock()
			return c.conn.held
		}
		want := func(when string, held1 bool) {
			t.Helper()
			if held(a) != held1 || held(b) {
				t.Errorf("%s: %v, and who is silent: %v", when, held(a), held(b))
			}
		}
		want("at first", false)
		a.types(0, "x")
		settle()
		want("after a flush", true)
		pass(84 * time.Millisecond)
		want("before it is time", true)
		pass(time.Millisecond)
		want("shortly before the next flush", false)
		a.types(1, "y")
		pass(15 * time.Millisecond)
		want("after the next flush", true)
		pass(time.Second)
		want("when all is quiet", false)

		holds := a.conn.holds
		b.types(0, "z")
		settle()
		if a.conn.holds != holds || !held(b) {
			t.Error("who has been silent for long is held, or who talks is not")
		}
		b.Leave()
		pass(time.Second)
		if n := len(w.table.find("r").talkers); n > 1 {
			t.Errorf("%d talk, and one is left", n)
		}
	})
}

// TestNoHold: where windows are short nobody is held.
func TestNoHold(t *testing.T) {
	inWorld(t, Config{Window: releaseAhead}, func(w *world) {
		a := w.greeted("r")
		a.types(0, "x")
		pass(time.Second)
		if a.conn.holds != 0 {
			t.Error("held")
		}
	})
}

// TestHeldNobodyIsForgotten has the flusher come so late that those who were held are to be let go and held at once, when
// one of them has been silent for long: who is silent is read.
func TestHeldNobodyIsForgotten(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b, other := w.greeted("r"), w.greeted("r"), w.greeted("s")
		a.types(0, "x")
		settle()
		w.store.appending.close()
		other.types(0, "x") // and the flusher waits for the store
		b.types(0, "y")
		pass(2 * talkative * 100 * time.Millisecond)
		w.store.appending.open()
		pass(10 * time.Millisecond)
		b.types(1, "z")
		pass(time.Second)
		a.conn.mu.Lock()
		defer a.conn.mu.Unlock()
		if a.conn.holds == 0 || a.conn.held {
			t.Errorf("held %d times, and still: %v", a.conn.holds, a.conn.held)
		}
	})
}
