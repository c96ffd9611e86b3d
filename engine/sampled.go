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

// allow says whether a line may be logged, and how many were left out since the last, with this one if it may not.
func (s *sampler) allow(now time.Time) (omitted int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.began) >= time.Minute {
		s.began, s.logged = now, 0
	}
	if s.logged == sampledLines {
		s.omitted++
		return s.omitted, false
	}
	s.logged++
	return s.take(), true
}

// take returns how many lines were left out that nobody has been notified of; mu is held.
func (s *sampler) take() (omitted int) {
	omitted, s.omitted = s.omitted, 0
	return omitted
}

// logSampled logs a line, unless there were many like it within a minute. How many were left out is said a minute after
// the first of them, or by the next line.
func (e *Engine) logSampled(s *sampler, level slog.Level, text string, attrs ...slog.Attr) {
	omitted, ok := s.allow(time.Now())
	switch {
	case !ok && omitted == 1:
		time.AfterFunc(time.Minute, func() { e.logOmitted(s, level, text) })
		return
	case !ok:
		return
	case omitted > 0:
		attrs = append(attrs, slog.Int("omitted", omitted))
	}
	e.log.LogAttrs(context.Background(), level, text, attrs...)
}

// logOmitted logs how many lines were left out, if no other line has said so.
func (e *Engine) logOmitted(s *sampler, level slog.Level, text string) {
	s.mu.Lock()
	omitted := s.take()
	s.mu.Unlock()
	if omitted > 0 {
		e.log.LogAttrs(context.Background(), level, text, slog.Int("omitted", omitted))
	}
}
