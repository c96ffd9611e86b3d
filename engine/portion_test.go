package engine

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/groupcommit"
)

// commitSizes returns the rooms, and the bytes of rows, of each commit after the first n.
func (s *memStore) commitSizes(n int) (commits [][]string, bytes []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rooms := range s.commits[n:] {
		sum := 0
		for _, r := range rooms {
			sum += len(s.rows[r][len(s.rows[r])-1].row)
		}
		commits, bytes = append(commits, rooms), append(bytes, sum)
	}
	return commits, bytes
}

// TestFlushInPortions shows that when many rooms have much to commit no commit has much more than
// groupcommit.CommitBytes, and that a keystroke in another room, although it came last, is in the
// first one.
func TestFlushInPortions(t *testing.T) {
	for name, takes := range map[string]time.Duration{"a quick store": 10 * time.Millisecond, "a slow store": time.Second} {
		t.Run(name, func(t *testing.T) { testPortions(t, takes) })
	}
}

func testPortions(t *testing.T, takes time.Duration) {
	inWorld(t, Config{SnapshotUpdates: 1000}, func(w *world) {
		const rooms, size = 12, 1 << 20
		var heavy []*client
		for i := range rooms {
			heavy = append(heavy, w.joinSynced(fmt.Sprint(i)))
		}
		other, plug := w.joinSynced("other"), w.joinSynced("plug")
		before := len(w.store.commits)
		w.store.appending.close()
		plug.types(0, "x")
		settle()
		for _, c := range heavy {
			c.types(0, strings.Repeat("x", size))
		}
		other.types(0, "x")
		pass(takes)
		w.store.appending.open()
		pass(time.Second)
		commits, bytes := w.store.commitSizes(before)
		if len(commits) < 1+rooms*size/groupcommit.CommitBytes || !slices.Contains(commits[1], "other") {
			t.Errorf("%d commits, after the first %v", len(commits), commits)
		}
		committed := 0
		for i, n := range bytes {
			if committed += len(commits[i]); n > groupcommit.CommitBytes+groupcommit.LargeFlush {
				t.Errorf("%d bytes in commit %d", n, i)
			}
		}
		if committed != rooms+2 {
			t.Errorf("%d rooms are committed", committed)
		}
		for _, c := range heavy {
			c.conn.take()
		}
	})
}

// TestRoomWithMoreThanAPortion shows that a room with more than groupcommit.CommitBytes is flushed.
func TestRoomWithMoreThanAPortion(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1000}, func(w *world) {
		a, b := w.joinSynced("a"), w.joinSynced("b")
		before := len(w.store.commits)
		w.store.appending.close()
		w.joinSynced("plug").types(0, "x")
		settle()
		a.types(0, strings.Repeat("x", 2*groupcommit.CommitBytes))
		b.types(0, strings.Repeat("x", 2*groupcommit.CommitBytes))
		w.store.appending.open()
		pass(time.Second)
		if commits, _ := w.store.commitSizes(before); len(commits) != 3 {
			t.Errorf("commits: %v", commits)
		}
	})
}

// TestDrainFlushesAllPortions shows that Drain flushes and closes all rooms even if they have more
// than fits in a commit.
func TestDrainFlushesAllPortions(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1000, Window: time.Hour}, func(w *world) {
		var heavy []*client
		for i := range 12 {
			heavy = append(heavy, w.joinSynced(fmt.Sprint(i)))
			heavy[i].types(0, "x")
			pass(time.Second)
			heavy[i].types(1, strings.Repeat("x", 1<<20))
		}
		var light []*client
		for i := range 12 {
			light = append(light, w.joinSynced("light "+fmt.Sprint(i)))
			light[i].types(0, "x")
		}
		w.drain()
		for i, c := range append(light, heavy...) {
			if code := c.conn.closed(); code != CloseUnavailable {
				t.Errorf("room %d was closed with %d", i, code)
			}
		}
		for i := range heavy {
			if len(w.store.snapshots[fmt.Sprint(i)]) < 1<<20 {
				t.Errorf("the snapshot of room %d lacks the last update", i)
			}
		}
	})
}

// TestLongRowIsSplitOffFlusher shows that a long row is split and sent by the room's own goroutine,
// and not by the flusher, which all rooms wait for.
func TestLongRowIsSplitOffFlusher(t *testing.T) {
	inWorld(t, Config{Window: time.Hour, SnapshotUpdates: 1000}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		flush := func() (deferred uint64) {
			settle()
			before := w.metrics.heldLocks.Get()
			a.room.mu.RunOrDefer(func() {
				(*flushRoom)(a.room).FlushNow(time.Now())
				a.room.reschedule()
			})
			pass(time.Second)
			return w.metrics.heldLocks.Get() - before
		}
		a.types(0, strings.Repeat("x", groupcommit.LongRow-100))
		if flush() != 0 {
			t.Error("a shorter row was left to the room's goroutine")
		}
		a.types(groupcommit.LongRow-100, strings.Repeat("y", groupcommit.LongRow))
		if flush() != 1 {
			t.Error("the flusher has split a long row")
		}
		if want, _ := heldDocument(a.room); !bytes.Equal(b.conn.state(), want) {
			t.Error("the other peer has another document")
		}
	})
}
