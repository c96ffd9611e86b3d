package engine

import "sync"

// maxWorkers is how many rooms of a crew are worked on at a time.
const maxWorkers = 4

// crew works through what is queued, with goroutines that live while there is
// something to do. A worker that has to wait for a room lets another take its place, so
// that a few rooms that are held do not hold up the others.
type crew[T any] struct {
	do      func(T)
	running interface{ Go(func()) } // that the goroutines count in

	mu      sync.Mutex // a leaf
	queue   []T
	workers int // that are not waiting
}

func (c *crew[T]) add(what T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, what)
	c.start()
}

// start has another worker begin, if there is room for one and something to do; mu is held.
func (c *crew[T]) start() {
	if c.workers < maxWorkers && len(c.queue) > 0 {
		c.workers++
		c.running.Go(c.run)
	}
}

func (c *crew[T]) run() {
	for what, ok := c.next(); ok; what, ok = c.next() {
		c.do(what)
	}
}

// next returns false when the worker is to end.
func (c *crew[T]) next() (what T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 || c.workers > maxWorkers {
		c.workers--
		return what, false
	}
	what = c.queue[0]
	clear(c.queue[:1])
	if c.queue = c.queue[1:]; len(c.queue) == 0 {
		c.queue = nil
	}
	return what, true
}

// stepAside is called by a worker that is about to wait.
func (c *crew[T]) stepAside() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers--
	c.start()
}

// stepBack is called when it has waited. For a moment there may be more than maxWorkers.
func (c *crew[T]) stepBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers++
}

// clear forgets what is queued.
func (c *crew[T]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = nil
}
