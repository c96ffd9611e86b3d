package ydoc

import "github.com/civicpress/civic-realtime/codec/steps"

// wait is a section that waits for a clock of a client.
type wait struct {
	clock uint64
	s     *section
	turn  uint32 // of the section when it began to
}

// void says that the section no longer waits for this.
func (w wait) void() bool { return !w.s.waits || w.turn != w.s.turn }

// waits is a heap: none comes before its parent, at half its index.
type waits []wait

func (h waits) push(w wait) waits {
	h = append(h, w)
	i := len(h) - 1
	for ; i > 0 && h[(i-1)/2].clock > w.clock; i = (i - 1) / 2 {
		steps.Take(1)
		h[i] = h[(i-1)/2]
	}
	h[i] = w
	return h
}

// pop returns the wait for the lowest clock.
func (h waits) pop() (wait, waits) {
	first, last := h[0], h[len(h)-1]
	h[len(h)-1] = wait{}
	h = h[:len(h)-1]
	i := 0
	for child := 1; child < len(h); child = 2*i + 1 {
		steps.Take(1)
		if child+1 < len(h) && h[child+1].clock < h[child].clock {
			child++
		}
		if h[child].clock >= last.clock {
			break
		}
		h[i], i = h[child], child
	}
	if len(h) > 0 {
		h[i] = last
	}
	return first, h
}
