package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// echoTimes types without a pause for a while, and returns when updates came back, since the start.
func (c *client) echoTimes(clock *uint64, d time.Duration) (at []time.Duration) {
	began := time.Now()
	for time.Since(began) < d {
		c.types(*clock, "x")
		*clock++
		settle()
		if slices.Contains(c.conn.kinds(), protocol.Update) {
			at = append(at, time.Since(began))
		}
		pass(time.Millisecond)
	}
	return at
}

// TestWindowsEndAfterTicks shows that a room that was quiet is flushed at once at any time, and
// then shortly after every fifth tick.
func TestWindowsEndAfterTicks(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		phase time.Duration // of the first keystroke
		want  []time.Duration
	}{
		{0, []time.Duration{0, 102 * ms, 202 * ms, 302 * ms, 402 * ms}},
		{2 * ms, []time.Duration{0, 100 * ms, 200 * ms, 300 * ms, 400 * ms}},
		{3 * ms, []time.Duration{0, 99 * ms, 199 * ms, 299 * ms, 399 * ms}},
		{19 * ms, []time.Duration{0, 83 * ms, 183 * ms, 283 * ms, 383 * ms}},
	} {
		t.Run(tt.phase.String(), func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a, clock := w.joinSynced("r"), uint64(0)
				pass(tt.phase)
				if got := a.echoTimes(&clock, 450*ms); !slices.Equal(got, tt.want) {
					t.Errorf("flushed after %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// TestLateFlush shows that a commit that takes less than a tick delays one flush, and a longer one
// all that follow.
func TestLateFlush(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct{ busy, late, next time.Duration }{
		{15 * ms, 115 * ms, 202 * ms},
		{50 * ms, 150 * ms, 242 * ms},
	} {
		t.Run(tt.busy.String(), func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a, other := w.joinSynced("r"), w.joinSynced("other")
				a.types(0, "x")
				pass(10 * ms)
				a.types(1, "x")
				pass(90 * ms)
				a.conn.take()
				w.store.appending.close()
				other.types(0, "x")
				time.AfterFunc(tt.busy, w.store.appending.open)
				clock := uint64(2)
				got := a.echoTimes(&clock, 200*ms)
				if want := []time.Duration{tt.late - 100*ms, tt.next - 100*ms}; !slices.Equal(got, want) {
					t.Errorf("flushed after %v, want %v", got, want)
				}
			})
		})
	}
}

// TestTicks shows that ticks are a fifth of a window apart, and that windows end at lag after a
// tick, whatever the length of windows.
func TestTicks(t *testing.T) {
	for _, window := range []time.Duration{1, 7, 2 * time.Millisecond, 100 * time.Millisecond, time.Hour} {
		inWorld(t, Config{Window: window}, func(w *world) {
			for range 100 {
				now := time.Now()
				tick, end := now.Add(w.UntilTick(now)), w.windowEnd(now)
				if d := tick.Sub(now); d <= 0 || d > w.TickInterval() || w.UntilTick(tick) != w.TickInterval() {
					t.Fatalf("window %v: the next tick is in %v", window, d)
				}
				if d := end.Sub(now); d < 0 || d >= w.TickInterval() || w.windowEnd(end) != end || w.UntilTick(end) != w.TickInterval()-w.lag() {
					t.Fatalf("window %v: windows end in %v", window, d)
				}
				pass(w.TickInterval()/3 + 1)
			}
		})
	}
}

// TestWindowEndsWhenAllIsRead shows that windows end at a tick if AllRead is called then, and
// otherwise at lag after it.
func TestWindowEndsWhenAllIsRead(t *testing.T) {
	const ms = time.Millisecond
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "x")
		pass(50 * ms)
		a.types(1, "x")
		a.conn.take()
		pass(30 * ms) // at 80 ms
		w.AllRead(time.Now())
		pass(20 * ms) // at 100 ms
		a.wantMessages("at the tick, before all is read")
		w.AllRead(time.Now())
		settle()
		a.wantMessages("when all is read", protocol.Update)

		pass(50 * ms) // at 150 ms
		a.types(2, "x")
		pass(51 * ms) // at 201 ms
		a.wantMessages("shortly after the next tick")
		pass(ms)
		a.wantMessages("when windows end anyway, a window later", protocol.Update)
	})
}

// TestMayWait shows for how long a connection may be left unread after a flush of its room.
func TestMayWait(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		window time.Duration
		want   map[time.Duration]time.Duration // by time since the flush
	}{
		{100 * ms, map[time.Duration]time.Duration{0: 100 * ms, 50 * ms: 50 * ms, 99 * ms: ms, 100 * ms: 0, 300 * ms: 0}},
		{time.Second, map[time.Duration]time.Duration{0: 102 * ms, 101 * ms: ms, 110 * ms: 0}},
	} {
		for since, want := range tt.want {
			inWorld(t, Config{Window: tt.window}, func(w *world) {
				a := w.joinSynced("r")
				if wait := a.MayWait(time.Now()); wait > 0 {
					t.Errorf("%v in a quiet room", wait)
				}
				a.types(0, "x")
				settle()
				pass(since)
				if wait := a.MayWait(time.Now()); wait != want {
					t.Errorf("window %v, %v after a flush: %v, want %v", tt.window, since, wait, want)
				}
			})
		}
	}
}
