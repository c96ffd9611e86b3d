package transport

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// sampleEvery is how far apart two lines of the log about the same are.
	sampleEvery = time.Minute
	// maxSamples is how many different things are told apart. Further ones are logged together, by event.
	maxSamples = 1000
)

// samples logs what may happen often: the first time at once, and then at most one line in sampleEvery, which says how
// many times it happened.
type samples struct {
	log *slog.Logger
	now func() time.Duration // since the server started; tests set it

	mu    sync.Mutex // a leaf; guards everything below
	of    map[sampleKey]*sample
	ended bool // there will be no later line: all is logged at once
}

// sampleKey says what is the same.
type sampleKey struct {
	event string
	who   string // an address or a user; empty: any
	room  string // empty: any
}

// sample is what has happened since the last line about it.
type sample struct {
	since time.Duration // when that line was logged
	worst occurrence
	times map[int]int // by close code
}

// occurrence is what a line of the log says about something that happened.
type occurrence struct {
	level slog.Level
	code  int // close code; 0: none
	attrs []slog.Attr
}

func newSamples(log *slog.Logger, started time.Time) *samples {
	return &samples{log: log, now: func() time.Duration { return time.Since(started) }, of: map[sampleKey]*sample{}}
}

// note logs what has happened, or counts it for a later line. Nothing of it may be secret.
func (s *samples) note(key sampleKey, o occurrence) {
	if s.count(key, o) {
		s.write(key.event, o, nil)
	}
}

// count returns whether the occurrence is to be logged at once, as the first of its kind.
func (s *samples) count(key sampleKey, o occurrence) (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return true
	}
	if s.of[key] == nil && len(s.of) >= maxSamples {
		key = sampleKey{event: key.event}
	}
	known := s.of[key]
	if known == nil {
		s.of[key] = &sample{since: s.now(), times: map[int]int{}}
		return true
	}
	if len(known.times) == 0 || o.level > known.worst.level {
		known.worst = o
	}
	known.times[o.code]++
	return false
}

// sweep logs what has happened since lines that are old enough, and forgets what has not happened again.
func (s *samples) sweep() { s.flush(sampleEvery) }

// end logs all that has happened, and from now on each occurrence.
func (s *samples) end() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.flush(0)
}

// flush is sweep for lines that are as old as age.
func (s *samples) flush(age time.Duration) {
	for key, due := range s.due(age) {
		s.write(key.event, due.worst, due.times)
	}
}

func (s *samples) due(age time.Duration) map[sampleKey]sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, due := s.now(), map[sampleKey]sample{}
	for key, known := range s.of {
		if now-known.since < age {
			continue
		}
		if len(known.times) == 0 {
			delete(s.of, key)
			continue
		}
		due[key] = *known
		*known = sample{since: now, times: map[int]int{}}
	}
	return due
}

func (s *samples) write(event string, o occurrence, times map[int]int) {
	attrs := slices.Clip(o.attrs)
	if o.code != 0 {
		attrs = append(attrs, slog.Int("code", o.code))
	}
	if len(times) > 0 {
		attrs = append(attrs, slog.Int("times", sum(times)))
	}
	if len(times) > 1 {
		attrs = append(attrs, slog.String("codes", listed(times)))
	}
	s.log.LogAttrs(context.Background(), o.level, event, attrs...)
}

func sum(times map[int]int) (n int) {
	for _, k := range times {
		n += k
	}
	return n
}

// listed is how many times there was each code: "4401 12, 4404 3".
func listed(times map[int]int) string {
	var list []string
	for _, code := range slices.Sorted(maps.Keys(times)) {
		list = append(list, fmt.Sprintf("%d %d", code, times[code]))
	}
	return strings.Join(list, ", ")
}
