package outbound

import (
	"runtime"
	"sync"
)

// Writers write to connections. Connections with something to write are in a line, which mostly one
// goroutine works through: starting one for each would cost half as much as the write. Before it
// has to wait for a client, another goroutine takes its place.
type Writers struct {
	start func(func()) // starts a goroutine

	mu   sync.Mutex // a leaf
	line []Writer   // from next on; the ones before have been taken
	next int
	busy int // goroutines that take from the line
}

// Writer is a connection with a Queue.
type Writer interface {
	// WriteQueue writes until the queue is empty, with b as scratch space. It calls waits before it
	// has to wait for the client.
	WriteQueue(b *Batch, waits func())
}

// Init sets the function that starts goroutines.
func (w *Writers) Init(start func(func())) { w.start = start }

// perGoroutine is how many connections may be in the line for each goroutine while there are
// processors for more.
const perGoroutine = 64

// Add adds a connection to the line.
func (w *Writers) Add(c Writer) {
	w.mu.Lock()
	w.line = append(w.line, c)
	waiting := len(w.line) - w.next
	start := w.busy == 0 || waiting > w.busy*perGoroutine && w.busy < runtime.GOMAXPROCS(0)
	if start {
		w.busy++
	}
	w.mu.Unlock()
	if start {
		w.start(w.work)
	}
}

// batches are batches for WriteQueue.
var batches = sync.Pool{New: func() any { return new(Batch) }}

// keptFrames is the length of the longest batch that is pooled.
const keptFrames = 1 << 10

// work writes the queues of connections in the line, until the line is empty or it had to wait.
func (w *Writers) work() {
	b := batches.Get().(*Batch)
	defer func() {
		if b.clear(); cap(b.Frames) <= keptFrames {
			batches.Put(b)
		}
	}()
	replaced := false
	replace := func() {
		if !replaced {
			replaced = true
			w.replace()
		}
	}
	for !replaced {
		c := w.take()
		if c == nil {
			return
		}
		c.WriteQueue(b, replace)
	}
}

// take removes and returns the first connection of the line; nil if it is empty, and the calling
// goroutine must end.
func (w *Writers) take() Writer {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next == len(w.line) {
		w.busy--
		w.clear()
		return nil
	}
	c := w.line[w.next]
	w.line[w.next] = nil
	w.next++
	return c
}

// keptLine is the length of the longest line whose memory is kept.
const keptLine = 1 << 10

// clear empties the line.
func (w *Writers) clear() {
	if w.line, w.next = w.line[:0], 0; cap(w.line) > keptLine {
		w.line = nil
	}
}

// replace starts another goroutine, if there are connections left for it.
func (w *Writers) replace() {
	w.mu.Lock()
	more := w.next < len(w.line)
	if !more {
		w.busy--
	}
	w.mu.Unlock()
	if more {
		w.start(w.work)
	}
}
