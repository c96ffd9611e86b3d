// Package faults is what the servers of tests that stand in for others have in common: a list of
// faults that their calls meet.
package faults

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// List is a list of faults. F describes one; its zero value is none. All methods may be called from
// any goroutine.
type List[F any] struct {
	mu  sync.Mutex // a leaf; guards all
	all []*entry[F]
}

type entry[F any] struct {
	fault F
	route string
	times int
}

// Add adds a fault of the calls of a route, of all routes if that is empty. It ends after a number
// of times if that is positive. Of several that fit a call the first takes effect.
func (l *List[F]) Add(fault F, route string, times int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, &entry[F]{fault, route, times})
}

// Clear ends all faults.
func (l *List[F]) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = nil
}

// Next returns the fault that fits a call, and counts the call.
func (l *List[F]) Next(route string) (none F) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.all {
		if f.route != "" && f.route != route {
			continue
		}
		if f.times > 0 {
			if f.times--; f.times == 0 {
				l.all = slices.Delete(l.all, i, i+1)
			}
		}
		return f.fault
	}
	return none
}

// Pause waits, until the client has gone at the latest.
func Pause(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
