package engine

import (
	"log/slog"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
)

// operation is a kind of work that users wait for.
type operation uint8

const (
	lockWait operation = iota
	journalCommit
	roomLoad
	snapshotSave
	draftSave
	compaction
	operations // how many there are
)

var operationNames = [operations]string{"lock", "commit", "load", "snapshot", "draft", "compaction"}

// slowLogGap is the least time between two lines of the log about operations of one kind.
const slowLogGap = time.Minute

// slowLog logs operations that take longer than Config.SlowOperation, one of a kind a minute.
type slowLog struct {
	mu    sync.Mutex // a leaf
	kinds [operations]struct {
		next     time.Time // when the next one may be logged
		unlogged int       // since the last line
	}
}

// logSlow logs and counts an operation on a room, which began at a time and ends now, if it was
// slow. It is cheap if it was not. A commit is for many rooms: its room is empty.
func (e *Engine) logSlow(op operation, room string, began time.Time) {
	now := time.Now()
	duration := now.Sub(began)
	if duration < e.cfg().SlowOperation {
		return
	}
	e.metrics.slow[op].Inc()
	unlogged, ok := e.slow.due(op, now)
	if !ok {
		return
	}
	attrs := []any{slog.String("operation", operationNames[op]), slog.Duration("took", duration)}
	if room != "" {
		attrs = append(attrs, slog.String("room", room))
	}
	if unlogged > 0 {
		attrs = append(attrs, slog.Int("unlogged", unlogged))
	}
	e.log.Warn("slow operation", attrs...)
}

// due reports whether an operation of a kind may be logged now, and how many have not been logged
// since the last.
func (s *slowLog) due(op operation, now time.Time) (unlogged int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := &s.kinds[op]
	if now.Before(k.next) {
		k.unlogged++
		return 0, false
	}
	unlogged, k.unlogged, k.next = k.unlogged, 0, now.Add(slowLogGap)
	return unlogged, true
}

// publishFailure publishes that an operation has failed; room is empty if it was for many.
func (e *Engine) publishFailure(operation, room string, err error) {
	if hub := e.cfg().Events; hub.Active() {
		hub.Publish(events.Event{
			Kind: events.Failed, Subject: operation, Room: room, Reason: err.Error(),
		})
	}
}

// reason returns the attribute of a log line for an error.
func reason(err error) slog.Attr { return slog.String("reason", err.Error()) }
