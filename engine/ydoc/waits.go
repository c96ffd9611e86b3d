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

// before says whether w is woken before o.
func (w wait) before(o wait) bool {
	return w.clock < o.clock || w.clock == o.clock && w.s.order < o.s.order
}

// waits is a heap: none comes before its parent, at half its index.
type waits []wait

func (h waits) push(w wait) waits {
	h = append(h, w)
	i := len(h) - 1
	for ; i > 0 && w.before(h[(i-1)/2]); i = (i - 1) / 2 {
		steps.Take(1)
		h[i] = h[(i-1)/2]
	}
	h[i] = w
	return h
}

// pop returns the wait for the lowest clock, of several the one of the section that came first.
func (h waits) pop() (wait, waits) {
	first, last := h[0], h[len(h)-1]
	h[len(h)-1] = wait{}
	h = h[:len(h)-1]
	i := 0
	for child := 1; child < len(h); child = 2*i + 1 {
		steps.Take(1)
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(last) {
			break
		}
		h[i], i = h[child], child
	}
	if len(h) > 0 {
		h[i] = last
	}
	return first, h
}
