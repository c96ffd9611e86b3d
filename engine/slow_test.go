package engine

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// slowLines returns the lines of the log about slow operations of a kind.
func (w *world) slowLines(op operation) (lines []string) {
	for line := range strings.Lines(w.out.String()) {
		if strings.Contains(line, `"slow operation" operation=`+operationNames[op]+" ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// wantSlow fails unless one operation of a kind is counted and logged, with these details at the
// end of the line.
func (w *world) wantSlow(op operation, details string) {
	w.t.Helper()
	if lines := w.slowLines(op); len(lines) != 1 || !strings.HasSuffix(lines[0], details) {
		w.t.Errorf("%s: logged %q, want %q", operationNames[op], lines, details)
	}
	if n := w.metrics.slow[op].Get(); n != 1 {
		w.t.Errorf("%s: %d counted", operationNames[op], n)
	}
}

// TestSlowStore shows that a load, a commit and a snapshot that take long are logged with their
// durations, and quick ones are not.
func TestSlowStore(t *testing.T) {
	inWorld(t, Config{SnapshotUpdates: 1}, func(w *world) {
		w.joinSynced("quick").types(0, "text")
		pass(time.Minute)
		if strings.Contains(w.out.String(), "slow operation") {
			t.Fatalf("quick operations are logged:\n%s", w.out)
		}
		slowly := func(g *gate, work func()) {
			g.close()
			work()
			time.Sleep(700 * time.Millisecond)
			g.open()
			pass(time.Second)
		}
		var a *client
		slowly(&w.store.loading, func() { go func() { a = w.join("r") }() })
		w.wantSlow(roomLoad, "took=700ms room=r")
		slowly(&w.store.appending, func() { a.types(0, "text") })
		w.wantSlow(journalCommit, "took=700ms")
		pass(time.Minute)
		w.store.saving.close()
		a.types(4, "more")
		pass(time.Minute)
		w.store.saving.open()
		pass(time.Second)
		if lines := w.slowLines(snapshotSave); len(lines) != 1 || !strings.HasSuffix(lines[0], "room=r") {
			t.Errorf("%q", lines)
		}
	})
}

// TestSlowLock shows that a long wait for a room's lock is logged.
func TestSlowLock(t *testing.T) {
	inWorld(t, Config{SlowOperation: -1}, func(w *world) {
		a := w.joinSynced("r")
		// A join may have waited for the lock as well. The loop ends when the room's goroutine has.
		before := w.metrics.slow[lockWait].Get()
		for turns := 1; w.metrics.slow[lockWait].Get() == before; turns *= 2 {
			a.room.mu.Lock()
			a.room.mu.RunOrDefer(func() {})
			for range turns {
				runtime.Gosched()
			}
			a.room.mu.Unlock()
			settle()
		}
		if lines := w.slowLines(lockWait); len(lines) != 1 || !strings.HasSuffix(lines[0], "took=0s room=r") {
			t.Errorf("logged %q", lines)
		}
		if n := w.metrics.slow[lockWait].Get() - before; n != 1 {
			t.Errorf("%d counted", n)
		}
	})
}

// TestSlowCompaction shows that a slow compaction is logged.
func TestSlowCompaction(t *testing.T) {
	inWorld(t, Config{SlowOperation: -1, SnapshotUpdates: 1}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, strings.Repeat("x", 3*compactFrom))
		a.sends(protocol.Update, deleted(a.id, 0, compactFrom))
		pass(time.Minute)
		w.wantSlow(compaction, "took=0s room=r")
	})
}

// TestSlowDraft shows that a draft that takes long to be saved is logged.
func TestSlowDraft(t *testing.T) {
	inRecordWorld(t, Config{SlowOperation: -1}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		pass(11 * time.Second)
		before := w.metrics.slow[draftSave].Get()
		a.writes("text, saved")
		pass(time.Minute)
		if w.metrics.slow[draftSave].Get() == before {
			t.Error("the slow draft is not counted")
		}
		if lines := w.slowLines(draftSave); len(lines) == 0 || !strings.Contains(lines[0], "room=r") {
			t.Errorf("%q", lines)
		}
	})
}

// TestSlowIsSampled shows that one slow operation of each kind is logged a minute, with the number
// of those that were not.
func TestSlowIsSampled(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		for i := range 130 {
			w.logSlow(roomLoad, fmt.Sprint(i), time.Now().Add(-time.Second))
			w.logSlow(draftSave, fmt.Sprint(i), time.Now().Add(-499*time.Millisecond))
			time.Sleep(time.Second)
		}
		lines := w.slowLines(roomLoad)
		if len(lines) != 3 || strings.Contains(lines[0], "unlogged") || !strings.HasSuffix(lines[1], "room=60 unlogged=59") || !strings.HasSuffix(lines[2], "room=120 unlogged=59") {
			t.Errorf("%q", lines)
		}
		if n := w.metrics.slow[roomLoad].Get(); n != 130 || len(w.slowLines(draftSave)) > 0 {
			t.Errorf("%d counted, %q", n, w.slowLines(draftSave))
		}
	})
}

// TestQuickOperationsAllocateNothing shows that the check whether an operation was slow does not
// allocate.
func TestQuickOperationsAllocateNothing(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		if n := testing.AllocsPerRun(100, func() { w.logSlow(lockWait, "r", time.Now()) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
