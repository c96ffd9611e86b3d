package logsample

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// buffer is a log that can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *buffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// take returns the lines since the last call.
func (l *buffer) take() (lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		lines = append(lines, strings.TrimSpace(line))
	}
	l.b.Reset()
	return lines
}

// TestSampler shows that ten lines a minute are logged, and the number of omitted lines with the
// next line, or a minute after the first of them.
func TestSampler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		var s Sampler
		logs := func(n int) (lines []string) {
			for range n {
				s.Log(log, slog.LevelWarn, "again", slog.Int("peer", 1))
			}
			return out.take()
		}
		if lines := logs(25); len(lines) != LinesPerMinute || !strings.HasSuffix(lines[9], "msg=again peer=1") {
			t.Errorf("of 25 at once: %q", lines)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if lines := out.take(); len(lines) != 1 || !strings.HasSuffix(lines[0], "msg=again omitted=15") {
			t.Errorf("a minute later: %q", lines)
		}
		if lines := logs(1); len(lines) != 1 || !strings.HasSuffix(lines[0], "peer=1") {
			t.Errorf("one after that: %q", lines)
		}
		time.Sleep(50 * time.Second)
		logs(LinesPerMinute)
		time.Sleep(10 * time.Second)
		if lines := logs(1); len(lines) != 1 || !strings.HasSuffix(lines[0], "peer=1 omitted=1") {
			t.Errorf("the first of a new minute: %q", lines)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if lines := out.take(); len(lines) != 0 {
			t.Errorf("later: %q", lines)
		}
	})
}
