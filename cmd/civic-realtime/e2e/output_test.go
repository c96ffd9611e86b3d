package e2e

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"time"
)

// output keeps the output of a process, and sends the first match of a pattern to seen.
type output struct {
	pattern *regexp.Regexp // its first group is sent; nil after a match
	seen    chan string

	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{} // closed at the next write; nil while until is not called
}

// watch returns an output that looks for pattern, which has a group; an empty pattern matches
// nothing.
func watch(pattern string) *output {
	o := &output{seen: make(chan string, 1)}
	if pattern != "" {
		o.pattern = regexp.MustCompile(pattern)
	}
	return o
}

func (o *output) Write(p []byte) (int, error) {
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
		o.seen <- string(m[1])
		o.pattern = nil
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// until waits until the output is ok, and returns false after a timeout.
func (o *output) until(ok func(written string) bool) bool {
	late := time.After(patience)
	for {
		o.mu.Lock()
		written := o.buf.String()
		if o.more == nil {
			o.more = make(chan struct{})
		}
		more := o.more
		o.mu.Unlock()
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

// untilWritten waits until a text was written, and checks that it was written once.
func (s *server) untilWritten(text string) {
	s.t.Helper()
	if !s.log.until(func(log string) bool { return strings.Contains(log, text) }) {
		s.t.Errorf("the log does not say %q", text)
	}
	if n := strings.Count(s.log.String(), text); n > 1 {
		s.t.Errorf("the log says %d times %q", n, text)
	}
}

func (o *output) lines() []string {
	return strings.Split(o.String(), "\n")
}

// complaints returns the lines of warnings and errors, but those about slow operations, which are
// the machine's.
func (o *output) complaints() (lines []string) {
	for _, line := range o.lines() {
		warns := strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR")
		if warns && !strings.Contains(line, "slow operation") {
			lines = append(lines, line)
		}
	}
	return lines
}

func (o *output) tail(n int) string {
	lines := o.lines()
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
