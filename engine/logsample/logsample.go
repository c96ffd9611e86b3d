// Package logsample bounds how often lines of one kind are logged, so that a client that does
// something wrong over and over does not fill the log.
package logsample

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// LinesPerMinute is how many lines a Sampler logs a minute.
const LinesPerMinute = 10

// Sampler logs lines of one kind. The zero value is ready.
type Sampler struct {
	mu      sync.Mutex // a leaf; guards everything below
	began   time.Time  // of the minute that is counted
	logged  int        // in that minute
	omitted int        // since the last line
}

// Log logs a line, unless there were many like it within a minute. The number of omitted lines is
// logged a minute after the first of them, or with the next line.
func (s *Sampler) Log(log *slog.Logger, level slog.Level, text string, attrs ...slog.Attr) {
	omitted, ok := s.allow(time.Now())
	switch {
	case !ok && omitted == 1:
		time.AfterFunc(time.Minute, func() { s.logOmitted(log, level, text) })
		return
	case !ok:
		return
	case omitted > 0:
		attrs = append(attrs, slog.Int("omitted", omitted))
	}
	log.LogAttrs(context.Background(), level, text, attrs...)
}

// allow reports whether a line may be logged, and how many were omitted since the last one; if it
// may not, that includes this line.
func (s *Sampler) allow(now time.Time) (omitted int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.began) >= time.Minute {
		s.began, s.logged = now, 0
	}
	if s.logged == LinesPerMinute {
		s.omitted++
		return s.omitted, false
	}
	s.logged++
	omitted, s.omitted = s.omitted, 0
	return omitted, true
}

// logOmitted logs how many lines were omitted, if no other line has had the number.
func (s *Sampler) logOmitted(log *slog.Logger, level slog.Level, text string) {
	s.mu.Lock()
	omitted := s.omitted
	s.omitted = 0
	s.mu.Unlock()
	if omitted > 0 {
		log.LogAttrs(context.Background(), level, text, slog.Int("omitted", omitted))
	}
}
