package console

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

func (o *output) lines() []string {
	return strings.Split(o.String(), "\n")
}

func (o *output) tail(n int) string {
	lines := o.lines()
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
