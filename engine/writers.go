package engine

import (
	"runtime"
	"sync"
)

// writers write to connections. The peers with something to write stand in a line,
// which mostly one goroutine works through: starting one for each costs half as much
// as the write. Before it has to wait for a client another takes its place.
type writers struct {
	running *group // that the goroutines count in

	mu   sync.Mutex // a leaf
	line []*Peer    // from next on; those before have had their turn
	next int
	busy int // goroutines that take from the line
}

// perWriter is how many may stand in the line for each goroutine while there are
// processors for more.
const perWriter = 64

// add puts a peer in the line.
func (w *writers) add(p *Peer) {
	w.mu.Lock()
	w.line = append(w.line, p)
	waiting := len(w.line) - w.next
	start := w.busy == 0 || waiting > w.busy*perWriter && w.busy < runtime.GOMAXPROCS(0)
	if start {
		w.busy++
	}
	w.mu.Unlock()
	if start {
		w.running.Go(w.work)
	}
}

// frameLists lends the lists of frames that are written at a time.
var frameLists = sync.Pool{New: func() any { return new([][]byte) }}

// keptFrames is the length of the longest list that is kept.
const keptFrames = 1 << 10

// work gives those in the line their turn until there are none, or it has had to wait.
func (w *writers) work() {
	frames := frameLists.Get().(*[][]byte)
	defer func() {
		if clear(*frames); cap(*frames) <= keptFrames {
			frameLists.Put(frames)
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
		p := w.take()
		if p == nil {
			return
		}
		p.write(frames, replace)
	}
}

// take is nil when the line is empty: the goroutine that called it is done then.
func (w *writers) take() *Peer {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next == len(w.line) {
		w.busy--
		w.clear()
		return nil
	}
	p := w.line[w.next]
	w.line[w.next] = nil
	w.next++
	return p
}

// keptLine is the length of the longest line that is kept room for.
const keptLine = 1 << 10

func (w *writers) clear() {
	if w.line, w.next = w.line[:0], 0; cap(w.line) > keptLine {
		w.line = nil
	}
}

// replace has another goroutine take over, if there is anything to.
func (w *writers) replace() {
	w.mu.Lock()
	more := w.next < len(w.line)
	if !more {
		w.busy--
	}
	w.mu.Unlock()
	if more {
		w.running.Go(w.work)
	}
}
