package cluster

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"time"
)

// output keeps the output of a process.
type output struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{} // closed at the next write
}

func newOutput() *output { return &output{more: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(p)
	close(o.more)
	o.more = make(chan struct{})
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// until waits for a match of a pattern, and returns its first group, or "" when ended is closed or
// after a timeout.
func (o *output) until(pattern string, ended <-chan struct{}) string {
	p := regexp.MustCompile(pattern)
	for late := time.After(patience); ; {
		o.mu.Lock()
		found, more := p.FindSubmatch(o.buf.Bytes()), o.more
		o.mu.Unlock()
		if found != nil {
			return string(found[1])
		}
		select {
		case <-more:
		case <-ended:
			return ""
		case <-late:
			return ""
		}
	}
}

// complaints returns the lines of warnings and errors, but those with one of the texts in except,
// and those about slow operations, which are the machine's.
func (o *output) complaints(except ...string) (lines []string) {
	for line := range strings.Lines(o.String()) {
		warns := strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR")
		if warns && !strings.Contains(line, "slow operation") && !containsAny(line, except) {
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

// tail returns the last n lines.
func (o *output) tail(n int) string {
	lines := strings.Split(strings.TrimSpace(o.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
