package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// waiter is a section that waits for a clock of a client.
type waiter struct {
	clock      uint64
	s          *section
	generation uint32 // of the section when it began to wait
}

// cancelled reports whether the section no longer waits for this clock.
func (w waiter) cancelled() bool { return !w.s.waiting || w.generation != w.s.generation }

// before reports whether w becomes ready before o.
func (w waiter) before(o waiter) bool {
	return w.clock < o.clock || w.clock == o.clock && w.s.order < o.s.order
}

// waiters is a binary heap by before.
type waiters []waiter

func (h waiters) push(w waiter) waiters {
	h = append(h, w)
	i := len(h) - 1
	for ; i > 0 && w.before(h[(i-1)/2]); i = (i - 1) / 2 {
		steps.Take(1)
		h[i] = h[(i-1)/2]
	}
	h[i] = w
	return h
}

// pop removes the waiter for the lowest clock; of several, that of the section that arrived first.
func (h waiters) pop() (waiter, waiters) {
	first, last := h[0], h[len(h)-1]
	h[len(h)-1] = waiter{}
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

// section is the rest of a section of an update, from the first struct that lacks an id. It waits
// for two ids, and is tried again when either has come.
type section struct {
	yjs.Structs
	need yjs.ID // an id that the next struct refers to
	// the last unit of the next struct: if another section has brought it, need is not needed
	next yjs.ID
	end  int // offset after the last struct
	// number of times that its waiters were cancelled; waiters of earlier generations do not count
	generation uint32
	waiting    bool
	owned      bool // the bytes are a copy, not the update's
	reported   bool // the missing id was reported in a Result; hash is valid
	stored     bool // it is in pending.sections
	hash       suffixHash
	order      int    // number of the section in order of arrival
	by         uint32 // the user who sent it
}
