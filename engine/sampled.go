package engine

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// sampler bounds how often lines of one kind are logged. The zero value is ready.
type sampler struct {
	mu      sync.Mutex
	began   time.Time // of the minute that is counted
	logged  int       // in that minute
	omitted int       // since the last line
}

// sampledLines is how many lines of a kind are logged a minute.
const sampledLines = 10

// allow says whether a line may be logged, and how many were left out before it.
func (s *sampler) allow(now time.Time) (omitted int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.began) >= time.Minute {
		s.began, s.logged = now, 0
	}
	if s.logged == sampledLines {
		s.omitted++
		return 0, false
	}
	s.logged++
	omitted, s.omitted = s.omitted, 0
	return omitted, true
}

// logSampled logs a line, unless there were many like it within a minute. The next one says how many were left out.
func (e *Engine) logSampled(s *sampler, level slog.Level, text string, attrs ...slog.Attr) {
	omitted, ok := s.allow(time.Now())
	if !ok {
		return
	}
	if omitted > 0 {
		attrs = append(attrs, slog.Int("omitted", omitted))
	}
	e.log.LogAttrs(context.Background(), level, text, attrs...)
}
