package limit

import (
	"runtime"
	"sync/atomic"

	"github.com/VictoriaMetrics/metrics"
)

// LongMessages limits how many long messages are processed at a time, to half of the processors.
// More of them would take processor time from the goroutines that read, flush and write for all
// clients.
type LongMessages struct {
	slots   chan struct{} // holds one value for each message in process
	waiting atomic.Int64  // how many messages wait for a slot
}

// NewLongMessages returns a limit for the current GOMAXPROCS.
func NewLongMessages(set *metrics.Set) *LongMessages {
	l := &LongMessages{slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	set.NewGauge("realtime_long_messages_waiting", func() float64 { return float64(l.Waiting()) })
	return l
}

// Acquire waits for a slot.
func (l *LongMessages) Acquire() {
	l.waiting.Add(1)
	l.slots <- struct{}{}
	l.waiting.Add(-1)
}

// Release releases a slot.
func (l *LongMessages) Release() { <-l.slots }

// Slots returns how many slots there are.
func (l *LongMessages) Slots() int { return cap(l.slots) }

// Waiting returns how many calls of Acquire wait.
func (l *LongMessages) Waiting() int { return int(l.waiting.Load()) }
