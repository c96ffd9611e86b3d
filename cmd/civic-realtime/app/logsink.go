package app

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// logSink writes log lines on a goroutine of its own, so that a slow or absent reader of the log
// delays nothing else. Lines that do not fit into its queue, or cannot be written, are dropped and
// counted.
type logSink struct {
	lines chan logLine
	lost  atomic.Uint64
}

// logLine is a line or, with written set, a request to close written when all earlier lines are
// written.
type logLine struct {
	text    []byte
	written chan struct{}
}

const (
	// logLines is how many lines may wait to be written.
	logLines = 4096
	// flushTime is how long the last lines may take to be written when the server ends.
	flushTime = time.Second
)

// newLogSink starts a goroutine that writes to out, and lives as long as the process.
func newLogSink(out io.Writer) *logSink {
	s := &logSink{lines: make(chan logLine, logLines)}
	go s.run(out)
	return s
}

func (s *logSink) run(out io.Writer) {
	for line := range s.lines {
		if line.written != nil {
			close(line.written)
		} else if _, err := out.Write(line.text); err != nil {
			s.lost.Add(1)
		}
	}
}

// Write implements io.Writer for a slog.Handler, which calls it once a line. It never waits.
func (s *logSink) Write(line []byte) (int, error) {
	select {
	case s.lines <- logLine{text: bytes.Clone(line)}:
	default:
		s.lost.Add(1)
	}
	return len(line), nil
}

// flush waits until all lines before are written, but not for longer than flushTime.
func (s *logSink) flush() {
	end := time.NewTimer(flushTime)
	defer end.Stop()
	done := logLine{written: make(chan struct{})}
	select {
	case s.lines <- done:
	case <-end.C:
		return
	}
	select {
	case <-done.written:
	case <-end.C:
	}
}

// WriteMetrics writes in the Prometheus text format how many lines are lost.
func (s *logSink) WriteMetrics(w io.Writer) {
	fmt.Fprintf(w, "realtime_log_lines_lost_total %d\n", s.lost.Load())
}
