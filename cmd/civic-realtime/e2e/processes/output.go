package processes

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Output keeps the output of a process, which may write from several goroutines.
type Output struct {
	Seen chan string // is sent the first match of the pattern, once

	pattern *regexp.Regexp // nil after a match

	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{} // closed at the next write; nil while Until is not called
}

// Watch returns an output whose Seen is sent the first group of pattern at its first match. An
// empty pattern matches nothing.
func Watch(pattern string) *Output {
	o := &Output{Seen: make(chan string, 1)}
	if pattern != "" {
		o.pattern = regexp.MustCompile(pattern)
	}
	return o
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(p)
	if o.more != nil {
		close(o.more)
		o.more = nil
	}
	if o.pattern == nil {
		return len(p), nil
	}
	if m := o.pattern.FindSubmatch(o.buf.Bytes()); m != nil {
		o.Seen <- string(m[1])
		o.pattern = nil
	}
	return len(p), nil
}

// String returns everything that was written.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Until waits until ok returns true of what was written, and returns false after a timeout.
func (o *Output) Until(timeout time.Duration, ok func(written string) bool) bool {
	late := time.After(timeout)
	for {
		written, more := o.now()
		if ok(written) {
			return true
		}
		select {
		case <-more:
		case <-late:
			return false
		}
	}
}

// now returns what was written, and a channel that is closed at the next write.
func (o *Output) now() (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.more == nil {
		o.more = make(chan struct{})
	}
	return o.buf.String(), o.more
}

// Complaints returns the lines of warnings and errors, but those that have one of the texts, and
// those about slow operations, which are the machine's.
func (o *Output) Complaints(except ...string) (lines []string) {
	except = append(except, "slow operation")
	for line := range strings.Lines(o.String()) {
		warns := strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR")
		if warns && !containsAny(line, except) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func containsAny(line string, texts []string) bool {
	for _, text := range texts {
		if strings.Contains(line, text) {
			return true
		}
	}
	return false
}

// Tail returns the last n lines.
func (o *Output) Tail(n int) string {
	lines := strings.Split(strings.TrimSpace(o.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
