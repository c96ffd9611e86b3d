package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// TestDutiesDriveStepAndReschedule shows that a step performs the duties that are due, in the order
// of the table and no others, and that the room is scheduled for the earliest of the rest.
func TestDutiesDriveStepAndReschedule(t *testing.T) {
	now := time.Now()
	var done []int
	at := []time.Time{now.Add(2), now, {}, now.Add(-1), now.Add(1), now}
	var list []duty
	for i := range at {
		list = append(list, duty{
			due: func(*room) time.Time { return at[i] },
			do: func(_ *room, _ time.Time, out output) output {
				done, at[i] = append(done, i), time.Time{}
				return out
			},
		})
	}
	r := new(room)
	if next := r.nextDue(list); !next.Equal(now.Add(-1)) {
		t.Errorf("next %v", next.Sub(now))
	}
	r.perform(list, now, output{})
	if want := []int{1, 3, 5}; !slices.Equal(done, want) {
		t.Errorf("done %v, want %v", done, want)
	}
	if next := r.nextDue(list); !next.Equal(now.Add(1)) {
		t.Errorf("next %v", next.Sub(now))
	}
	if next := r.nextDue(nil); !next.IsZero() {
		t.Error(next)
	}
}

// TestStepLeavesNothingDue steps a room through its life, at each time that it is due. It checks
// that no duty is due after a step, and that the schedule has the next time.
func TestStepLeavesNothingDue(t *testing.T) {
	inWorld(t, Config{Grace: time.Hour}, func(w *world) {
		a, b := w.join("r"), w.join("r")
		r := w.roomMap.find(roomkey.MustParse("r"))
		check := func(when string) {
			t.Helper()
			r.mu.Lock()
			defer r.mu.Unlock()
			now := time.Now()
			if row, _ := r.step(now, nil); row != nil {
				w.flusher.AddRow((*flushRoom)(r), row)
			}
			for i := range duties {
				if due := duties[i].due(r); schedule.Reached(due, now) {
					t.Errorf("%s: duty %d is still due", when, i)
				}
			}
			next := r.nextDue(duties)
			scheduled := w.sched.Due(&r.slot.Due)
			if !next.IsZero() && (scheduled.IsZero() || scheduled.After(next)) {
				t.Errorf("%s: due at %v, but scheduled for %v", when, next, scheduled)
			}
		}
		check("joined")
		a.types(0, "hello")
		check("written")
		pass(time.Second)
		check("flushed")
		pass(w.cfg().KeepAlive)
		check("kept alive")
		pass(w.cfg().SnapshotInterval)
		check("saved")
		a.Leave()
		b.Leave()
		check("left")
		pass(w.cfg().CompressAfter)
		check("compressed")
	})
}
