package groupcommit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var errRefused, errFull = errors.New("no lease"), errors.New("disk full")

// want fails unless these rows were committed, in these commits.
func (w *world) want(commits ...[]string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.EqualFunc(w.commits, commits, slices.Equal) {
		w.t.Errorf("committed %q, want %q", w.commits, commits)
	}
}

// TestOneCommitForAllRooms shows that all rows that are made during a commit are in the next one,
// and that each room sends its updates once they are durable.
func TestOneCommitForAllRooms(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b, c := w.room("a"), w.room("b"), w.room("c")
		w.set(func() { w.takes = 20 * time.Millisecond })
		a.write("1")
		b.write("2")
		c.write("3")
		a.write("4")
		pass(time.Second)
		w.want([]string{"a 1"}, []string{"a 4", "b 2", "c 3"})
		if len(a.sent) != 2 || len(b.sent) != 1 || len(c.sent) != 1 {
			t.Errorf("rooms sent %v, %v and %v", a.sent, b.sent, c.sent)
		}
	})
}

// TestFailedCommitIsMadeAgain shows that the rows of a commit that failed are committed before
// newer rows of their rooms, that rooms are notified after Patience, and that Failure and Behind
// report both.
func TestFailedCommitIsMadeAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.room("a")
		w.set(func() { w.fails = errFull })
		a.write("1")
		pass(time.Second)
		if !errors.Is(w.Failure(), errFull) || w.Behind() || a.delays != 0 {
			t.Errorf("after a second: %v, behind %v, notified %d times", w.Failure(), w.Behind(), a.delays)
		}
		a.write("2")
		pass(4 * time.Second)
		if !w.Behind() || a.delays == 0 {
			t.Errorf("behind %v, notified %d times", w.Behind(), a.delays)
		}
		w.set(func() { w.fails = nil })
		pass(time.Minute)
		w.want([]string{"a 1"}, []string{"a 2"})
		if w.Failure() != nil || w.Behind() {
			t.Errorf("%v, behind %v", w.Failure(), w.Behind())
		}
	})
}

// TestRefusedRow shows that a refused row holds up no other, and is committed again by its room.
func TestRefusedRow(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.room("a"), w.room("b")
		w.set(func() { w.refuses = "a" })
		a.write("1")
		b.write("2")
		pass(10 * time.Second)
		if len(b.sent) != 1 || len(a.sent) != 0 || w.Failure() != nil {
			t.Errorf("%v and %v are sent, %v", a.sent, b.sent, w.Failure())
		}
		w.set(func() { w.refuses = "" })
		pass(10 * time.Second)
		if len(a.sent) != 1 || w.commits[len(w.commits)-1][0] != "a 1" {
			t.Errorf("%v are sent, committed %q", a.sent, w.commits)
		}
	})
}

// TestSlowCommit shows that rooms are stepped while a commit takes long, that their rows are in the
// next commit, and that the flush of rooms with much to commit is put off.
func TestSlowCommit(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b, large := w.room("a"), w.room("b"), w.room("large")
		w.set(func() { w.takes = time.Second })
		a.write("1")
		pass(100 * time.Millisecond)
		b.write("2")
		large.write(strings.Repeat("x", LargeFlush))
		b.lock.TryRun(func() {
			if b.text != "" {
				t.Errorf("%q waits", b.text)
			}
		})
		large.lock.TryRun(func() {
			if large.text == "" || large.presences == 0 {
				t.Errorf("%d bytes wait, presence was sent %d times", len(large.text), large.presences)
			}
		})
		pass(time.Minute)
		w.set(func() {
			if len(w.commits) < 2 || w.commits[1][0] != "b 2" || len(large.sent) != 1 {
				t.Errorf("%.100q", w.commits)
			}
		})
	})
}

// TestHeldRoom shows that a room whose lock is held holds up no other, and is stepped by its own
// goroutine.
func TestHeldRoom(t *testing.T) {
	inWorld(t, func(w *world) {
		held, free := w.room("held"), w.room("free")
		held.hold()
		held.text, held.flushAt = "1", time.Now()
		w.sched.At(&held.slot.Due, held.flushAt)
		pass(time.Second)
		free.write("2")
		pass(time.Second)
		w.want([]string{"free 2"})
		held.release()
		pass(time.Second)
		w.want([]string{"free 2"}, []string{"held 1"})
	})
}

// TestCommitIsLimited shows that rooms with much to commit are committed in portions, after rooms
// with little.
func TestCommitIsLimited(t *testing.T) {
	inWorld(t, func(w *world) {
		w.set(func() { w.takes = 10 * time.Millisecond })
		w.room("first").write("x")
		const n, size = 10, CommitBytes / 4
		for i := range n {
			w.room(fmt.Sprint("large ", i)).write(strings.Repeat("x", size))
		}
		w.room("small").write("x")
		pass(time.Second)
		w.set(func() {
			if got := len(w.commits); got != 4 || len(w.commits[1]) != 5 || w.commits[1][4] != "small x" {
				t.Errorf("%d commits", got)
			}
		})
	})
}

// TestFlushAll shows that the last flush commits rows without waiting for windows, commits refused
// rows again, and that its error names the reason for rows that are left.
func TestFlushAll(t *testing.T) {
	inWorld(t, func(w *world) {
		w.end()
		a, held, refused := w.room("a"), w.room("held"), w.room("refused")
		rooms := []Room{a, held, refused}
		for _, r := range rooms {
			r.(*fakeRoom).text = "text"
		}
		w.set(func() { w.refuses = "refused" })
		held.hold()
		err := w.FlushAll(context.Background(), rooms, 100*time.Millisecond)
		if !errors.Is(err, ErrNotFlushed) || !errors.Is(err, errRefused) {
			t.Errorf("%v", err)
		}
		w.want([]string{"a text"})
		held.release()
		w.set(func() { w.refuses = "" })
		if err := w.FlushAll(context.Background(), rooms, time.Hour); err != nil {
			t.Error(err)
		}
		if len(held.sent) != 1 || len(refused.sent) != 1 {
			t.Errorf("%v and %v are sent", held.sent, refused.sent)
		}
	})
}
