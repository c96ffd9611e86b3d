package e2e

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"time"
)

// An output keeps what a process wrote, and sends on seen the first match of a pattern.
type output struct {
	pattern *regexp.Regexp // nil once it has matched; its first group is sent
	seen    chan string

	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{} // closed at the next write; nil while nobody waits
}

// watch is an output that looks for pattern, which has a group; an empty pattern looks for nothing.
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

// until waits until what was written is ok, and returns false if it is not in time.
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

// untilSaid waits until a text was written, which is once.
func (s *server) untilSaid(text string) {
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

func (o *output) tail(n int) string {
	lines := o.lines()
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
