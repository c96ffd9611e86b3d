package engine

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestClockJumpsAhead shows that a room that has no other copy outlives a clock that is a month
// ahead for less than a day, with a warning, and expires once a clock stays ahead.
func TestClockJumpsAhead(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ahead time.Duration // for how long
		want  bool          // stored in the end
	}{
		{"and back", 20 * time.Hour, true},
		{"and back at once", dropInterval / 2, true},
		{"for good", 1000 * time.Hour, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inArchiveWorld(t, Config{Grace: time.Minute, KeepUnowned: 7 * 24 * time.Hour}, func(w *world, _ *memArchive) {
				w.joinSynced("r").Leave()
				p := w.joinSynced("r")
				p.sends(protocol.Update, typed(1, 0, "text"))
				pass(time.Second)
				p.Leave()
				pass(time.Hour)
				from, to := time.Now(), time.Now().Add(tt.ahead)
				synctest.Wait() // the saver, which owns the clock, is idle
				w.saver.expirer.clock.wall = func(now time.Time) time.Time {
					if now.Before(from) || !now.Before(to) {
						return now.Round(0)
					}
					return now.Round(0).Add(30 * 24 * time.Hour)
				}
				w.saver.wakeUp()
				pass(23 * time.Hour)
				if !w.isStored("r") {
					t.Error("dropped within a day")
				}
				pass(4 * time.Hour)
				if w.isStored("r") != tt.want {
					t.Errorf("stored after a day: %v", !tt.want)
				}
				if warned := strings.Contains(w.out.String(), "the clock has jumped ahead"); warned != (tt.ahead > dropInterval) {
					t.Errorf("warned: %v", warned)
				}
			})
		})
	}
}

// TestSteadyClock shows which jumps hold the drop of rooms, and for how long.
func TestSteadyClock(t *testing.T) {
	const day = 24 * time.Hour
	type step struct {
		after, jump time.Duration
		held        bool
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"corrections", []step{{time.Hour, time.Second, false}, {time.Hour, -time.Second, false}}},
		{"ahead", []step{{time.Hour, day, true}, {23 * time.Hour, 0, true}, {time.Hour, 0, false}}},
		{"ahead and back", []step{{time.Hour, day, true}, {time.Hour, -day, false}, {time.Hour, 0, false}}},
		{"ahead, and a little back", []step{{time.Hour, day, true}, {time.Hour, -time.Hour, true}}},
		{"back and ahead", []step{{time.Hour, -day, false}, {time.Hour, day, true}, {day, 0, false}}},
		{"ahead twice", []step{{time.Hour, day, true}, {12 * time.Hour, day, true}, {23 * time.Hour, 0, true}, {time.Hour, 0, false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Now()
			c, wall := newSteadyClock(now), now.Round(0)
			for i, s := range tt.steps {
				now, wall = now.Add(s.after), wall.Add(s.after+s.jump)
				jump, held := c.check(now, wall)
				if held != s.held || jump > 0 != (s.jump >= clockJump) {
					t.Errorf("step %d: jump %v, held %v", i, jump, held)
				}
			}
		})
	}
}

// TestRoomsThatMustStayAreBounded shows that rooms that are gone are not remembered while the store
// takes no expiry back.
func TestRoomsThatMustStayAreBounded(t *testing.T) {
	inArchiveWorld(t, Config{Grace: time.Second, KeepUnowned: time.Hour}, func(w *world, archive *memArchive) {
		archive.failExpiries(errStore)
		x := &w.saver.expirer
		for i := range 3 * leastTidied {
			w.joinSynced(fmt.Sprint(i)).Leave()
		}
		synctest.Wait()
		if n := len(x.back); n > leastTidied+8 {
			t.Errorf("%d rooms are remembered", n)
		}
		archive.failExpiries(nil)
	})
}
