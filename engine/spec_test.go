package engine

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

// typesFast has one client type a character every 10 ms, and counts the updates that another one,
// reader, is sent in each 100 ms.
func typesFast(w *world, d time.Duration) (reader *native, perWindow []int) {
	writer, reader := w.joinJSON("r", ann), w.joinJSON("r", bob)
	pass(time.Second)
	reader.conn.take()
	const pause, window = 10 * time.Millisecond, 100 * time.Millisecond
	clock := uint64(0)
	for range d / window {
		for range window / pause {
			writer.types(1, clock, "x")
			clock++
			pass(pause)
		}
		n := 0
		for _, m := range reader.conn.take() {
			if m.name() == "sync" {
				n++
			}
		}
		perWindow = append(perWindow, n)
	}
	return reader, perWindow
}

// TestSpecThrottle shows that the specification's "Throttle broadcasts (max 10 updates/second per
// client)" is met.
func TestSpecThrottle(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		_, got := typesFast(w, 10*time.Second)
		for i := range got[9:] {
			second := 0
			for _, n := range got[i : i+10] {
				second += n
			}
			if second > 11 || second < 8 { // a second may begin between two of them
				t.Errorf("%d updates in a second: %v", second, got)
			}
		}
	})
}

// TestSpecDebounce shows that its "Debounce rapid updates (100ms window)" is met: the updates of a
// window are sent as one, and none is lost.
func TestSpecDebounce(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		reader, got := typesFast(w, time.Second)
		if n := slices.Max(got); n > 2 { // the first goes at once
			t.Errorf("%d updates in a window: %v", n, got)
		}
		pass(100 * time.Millisecond)
		if !bytes.Contains(reader.conn.state(), bytes.Repeat([]byte("x"), 100)) {
			t.Errorf("a window later the document is %q", reader.conn.state())
		}
	})
}

// TestSpecPriority shows that its "Prioritize critical updates (cursors, presence)" is met: they
// are sent ahead of the document's updates.
func TestSpecPriority(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		writer, reader := w.joinJSON("r", ann), w.joinJSON("r", bob)
		pass(time.Second)
		writer.types(1, 0, "a")
		settle()
		reader.conn.take()
		writer.types(1, 1, "b")
		writer.sendsJSON(cursorAt, 2)
		pass(time.Second)
		reader.wantMessages("what came in one window", "presence/cursor", "presence/awareness", "sync")
	})
}
