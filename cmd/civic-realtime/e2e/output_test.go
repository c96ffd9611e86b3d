package e2e

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// An output keeps what a process wrote, and sends on seen the first match of a pattern.
type output struct {
	pattern *regexp.Regexp // nil once it has matched; its first group is sent
	seen    chan string

	mu  sync.Mutex
	buf bytes.Buffer
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

func (o *output) lines() []string {
	return strings.Split(o.String(), "\n")
}

func (o *output) tail(n int) string {
	lines := o.lines()
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
