package limit

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
	// SampleInterval is the least time between two log lines about one kind of event.
	SampleInterval = time.Minute
	// maxSamples is how many kinds of events are counted separately. Further ones are logged
	// together, by message.
	maxSamples = 1000
	// maxCodes is how many codes a line tells apart, as clients choose close codes. Further events
	// are counted with code 0.
	maxCodes = 20
)

// LogSampler logs events that may be frequent: the first event of a kind at once, and then at most
// one line in SampleInterval, with the number of events since the line before.
type LogSampler struct {
	Now func() time.Duration
	log *slog.Logger

	mu      sync.Mutex // a leaf; guards everything below
	samples map[SampleKey]*sample
	stopped bool // each event is logged at once, as there will be no later line
}

// SampleKey is the kind of an event.
type SampleKey struct {
	Message string
	Client  string // an address or a user; empty: any
	Room    string // empty: any
}

// Event has the attributes of a log line about an event. Nothing in it may be secret.
type Event struct {
	Level slog.Level
	Code  int // close code or HTTP status; 0: none
	Attrs []slog.Attr
}

// sample counts the events of a kind since the last line about them.
type sample struct {
	since time.Duration // when that line was logged
	worst Event         // the first of the highest level
	times map[int]int   // events by code
}

// NewLogSampler returns a LogSampler that writes to log.
func NewLogSampler(log *slog.Logger, started time.Time) *LogSampler {
	return &LogSampler{
		Now: func() time.Duration { return time.Since(started) },
		log: log, samples: map[SampleKey]*sample{},
	}
}

// Log logs an event, or counts it for a later line.
func (s *LogSampler) Log(key SampleKey, e Event) {
	if s.count(key, e) {
		s.write(key.Message, e, nil)
	}
}

// count reports whether the event is to be logged at once, as the first of its kind.
func (s *LogSampler) count(key SampleKey, e Event) (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return true
	}
	if s.samples[key] == nil && len(s.samples) >= maxSamples {
		key = SampleKey{Message: key.Message}
	}
	known := s.samples[key]
	if known == nil {
		s.samples[key] = &sample{since: s.Now(), times: map[int]int{}}
		return true
	}
	if len(known.times) == 0 || e.Level > known.worst.Level {
		known.worst = e
	}
	known.add(e.Code)
	return false
}

// add counts an event with a code.
func (s *sample) add(code int) {
	if _, known := s.times[code]; !known && len(s.times) >= maxCodes {
		code = 0
	}
	s.times[code]++
}

// Sweep writes the lines that are due, and forgets the kinds without an event since their last
// line.
func (s *LogSampler) Sweep() { s.Flush(SampleInterval) }

// Stop writes all pending lines, and makes Log write each event from now on.
func (s *LogSampler) Stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.Flush(0)
}

// Flush is Sweep with another interval: it writes the lines of kinds last logged at least age ago.
func (s *LogSampler) Flush(age time.Duration) {
	for key, due := range s.due(age) {
		s.write(key.Message, due.worst, due.times)
	}
}

func (s *LogSampler) due(age time.Duration) map[SampleKey]sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, due := s.Now(), map[SampleKey]sample{}
	for key, known := range s.samples {
		if now-known.since < age {
			continue
		}
		if len(known.times) == 0 {
			delete(s.samples, key)
			continue
		}
		due[key] = *known
		*known = sample{since: now, times: map[int]int{}}
	}
	return due
}

// Len returns how many kinds of events are counted.
func (s *LogSampler) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.samples)
}

// Count returns how many events of a kind there were: the one of the last line, and those since.
func (s *LogSampler) Count(key SampleKey) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.samples[key]; known != nil {
		return 1 + sum(known.times)
	}
	return 0
}

func (s *LogSampler) write(message string, e Event, times map[int]int) {
	attrs := slices.Clip(e.Attrs)
	if e.Code != 0 {
		attrs = append(attrs, slog.Int("code", e.Code))
	}
	if len(times) > 0 {
		attrs = append(attrs, slog.Int("times", sum(times)))
	}
	if len(times) > 1 {
		attrs = append(attrs, slog.String("codes", listed(times)))
	}
	s.log.LogAttrs(context.Background(), e.Level, message, attrs...)
}

func sum(times map[int]int) (n int) {
	for _, k := range times {
		n += k
	}
	return n
}

// listed returns the codes, each with the number of its events: "4401 12, 4404 3".
func listed(times map[int]int) string {
	var list []string
	for _, code := range slices.Sorted(maps.Keys(times)) {
		list = append(list, fmt.Sprintf("%d %d", code, times[code]))
	}
	return strings.Join(list, ", ")
}
