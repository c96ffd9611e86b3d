package audit

import (
	"strings"
	"time"
)

const (
	// sampleInterval is the least time between two lines about one kind of event of a client.
	sampleInterval = time.Minute
	// maxSamples is how many such kinds are told apart in sampleInterval. Further events of a Kind
	// share a line, which names no client.
	maxSamples = 100
)

// sampler decides about lines that clients can cause as often as they like: the first of a kind is
// written at once, and then one in sampleInterval, with the number of events. It is owned by the
// goroutine of a Trail.
type sampler struct {
	counts map[sampleKey]*count
}

// sampleKey has the fields of a Line whose events are counted together.
type sampleKey struct {
	kind                         Kind
	by, address, pattern, method string
	route                        string
	code, status                 int
}

// count has the events since the last line.
type count struct {
	times int
	last  Line
}

// sampled reports whether a line is one that a client can cause at will. Calls of the admin API
// that change something and succeed are all written.
func (l *Line) sampled() bool {
	switch l.Kind {
	case SignInRefused, Denied, Suspicious:
		return true
	case AdminCall:
		return l.Method == "GET" || l.Method == "HEAD" || l.Status >= 400
	case ProgramCall:
		return l.Status >= 400 || strings.HasSuffix(l.Route, "/token")
	}
	return false
}

// key returns the events that l is counted with. The room and the user do not matter: a client may
// try many.
func (l *Line) key() sampleKey {
	return sampleKey{
		kind: l.Kind, by: l.By, address: l.Address, pattern: l.Pattern, method: l.Method,
		route: l.Route, code: l.Code, status: l.Status,
	}
}

// admit reports whether l is to be written now.
func (s *sampler) admit(l *Line) bool {
	key := l.key()
	switch {
	case !l.sampled():
		return true
	case s.counts[key] != nil:
		s.counts[key].add(*l)
		return false
	case len(s.counts) < maxSamples:
		s.counts[key] = new(count)
		return true
	}
	others := sampleKey{kind: l.Kind}
	if s.counts[others] == nil {
		s.counts[others] = new(count)
	}
	s.counts[others].add(Line{Kind: l.Kind})
	return false
}

func (c *count) add(l Line) {
	c.times++
	c.last = l
}

// due returns the lines for the events since the last call, and forgets the kinds that had none.
func (s *sampler) due(now time.Time) (lines []Line) {
	for key, known := range s.counts {
		if known.times == 0 {
			delete(s.counts, key)
			continue
		}
		l := known.last
		l.Time, l.Times = now, known.times
		lines = append(lines, l)
		*known = count{}
	}
	return lines
}
