package limit

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// mustHaveLine checks that the log has a line with all parts.
func mustHaveLine(t *testing.T, log *bytes.Buffer, parts ...string) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		missing := 0
		for _, p := range parts {
			if !strings.Contains(line, p) {
				missing++
			}
		}
		if missing == 0 {
			return
		}
	}
	t.Errorf("no line of the log has %q:\n%s", parts, log)
}

// TestLogSampler checks the contents of later lines about a kind of event, and that the number of
// kinds is bounded.
func TestLogSampler(t *testing.T) {
	var log bytes.Buffer
	s := NewLogSampler(slog.New(slog.NewJSONHandler(&log, nil)), time.Now())
	now := time.Hour
	s.Now = func() time.Duration { return now }
	happen := func(who string, level slog.Level, code int) {
		s.Log(SampleKey{Message: "closed", Client: who}, Event{Level: level, Code: code, Attrs: []slog.Attr{slog.String("who", who), slog.Int("was", code)}})
	}
	for _, code := range []int{1, 2, 2, 3} {
		happen("ann", slog.LevelInfo+slog.Level(code%3), code)
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines at once:\n%s", n, &log)
	}
	now += SampleInterval
	s.Sweep()
	mustHaveLine(t, &log, "closed", `"was":2`, `"code":2`, `"times":3`, `"codes":"2 2, 3 1"`)
	now += SampleInterval
	s.Sweep()
	happen("ann", slog.LevelInfo, 7)
	mustHaveLine(t, &log, "closed", `"was":7`)
	for i := range maxSamples + 5 {
		happen(fmt.Sprint(i), slog.LevelInfo, 8)
	}
	if len(s.samples) != maxSamples+1 {
		t.Errorf("%d kinds", len(s.samples))
	}
	s.Stop()
	mustHaveLine(t, &log, "closed", `"code":8`, `"times":5`)
	for range 2 {
		happen("late", slog.LevelInfo, 9)
	}
	if n := strings.Count(log.String(), `"code":9`); n != 2 {
		t.Errorf("%d lines after the last", n)
	}
}

// TestLogSamplerCodes shows that a line tells a bounded number of codes apart, and counts all
// events.
func TestLogSamplerCodes(t *testing.T) {
	s := NewLogSampler(slog.New(slog.DiscardHandler), time.Now())
	key := SampleKey{Message: "left", Client: "ann"}
	for code := range 1000 {
		s.Log(key, Event{Code: 3000 + code})
	}
	if n, codes := s.Count(key), len(s.samples[key].times); n != 1000 || codes > maxCodes+1 {
		t.Errorf("%d events with %d codes", n, codes)
	}
}
