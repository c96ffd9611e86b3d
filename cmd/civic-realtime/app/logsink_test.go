package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
)

// slowReader accepts one line for each value in turns, and fails once turns is closed.
type slowReader struct {
	turns chan struct{}
	read  strings.Builder
}

func (r *slowReader) Write(line []byte) (int, error) {
	if _, ok := <-r.turns; !ok {
		return 0, errors.New("broken pipe")
	}
	return r.read.Write(line)
}

// TestLogSink shows that logging never waits, and that lost lines are counted.
func TestLogSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &slowReader{turns: make(chan struct{})}
		s := newLogSink(r)
		defer close(s.lines)
		line := []byte("line 0\n")
		for i := range logLines + 10 {
			copy(line, fmt.Sprint("line ", i%10))
			if n, err := s.Write(line); n != len(line) || err != nil {
				t.Fatal(n, err)
			}
			synctest.Wait()
		}
		const waiting = logLines + 1 // the queue, and one that is being written
		if n := s.lost.Load(); n != 9 {
			t.Errorf("%d lines lost", n)
		}
		s.flush() // returns after flushTime at the latest
		for range waiting {
			r.turns <- struct{}{}
		}
		s.flush()
		if lines := strings.Count(r.read.String(), "\n"); lines != waiting || !strings.HasPrefix(r.read.String(), "line 0\nline 1\n") {
			t.Errorf("%d lines read: %.40s", lines, r.read.String())
		}
		close(r.turns)
		_, _ = s.Write(line)
		s.flush()
		var metrics strings.Builder
		if s.WriteMetrics(&metrics); metrics.String() != "realtime_log_lines_lost_total 10\n" {
			t.Error(metrics.String())
		}
	})
}
