package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// section is a run of structs that could not all be merged when it was read. It
// waits for two ids, of which either will do.
type section struct {
	yjs.Structs
	need  yjs.ID // what the next struct refers to
	next  yjs.ID // the last unit of the next struct: when another brought it, this one need not
	end   int    // offset after the last struct
	turn  uint32 // counts what it waited for: waits of earlier turns are void
	waits bool
	owned bool // the bytes are its own, not the update's
	known bool // its sender was asked for what is missing, and hash is that of what is left
	kept  bool // it is in pending
	hash  suffixHash
	order int // sections are numbered as they come
}

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

// MaxPending is how many bytes may wait for missing ids, the structs and what it costs to keep
// them.
const MaxPending = 1 << 20

// pending is what waits for ids that are not known.
type pending struct {
	sections map[sectionKey]*section
	deletes  map[uint64]*spans // by client id
	bytes    int               // at most MaxPending
	waits    map[uint64]waits  // by the client id that is waited for
	void     int               // how many waits are void
	lost     bool              // waits were dropped, of sections that may yet be added
	added    int               // counts what was ever parked or dropped
	lacks    yjs.ID            // what that waits for which was counted last
	dropped  int               // counts how often all was dropped
	made     int               // counts the sections that ever had to wait
}

// sectionKey tells sections apart: where they go on, and a hash of their bytes.
type sectionKey struct {
	next yjs.ID
	hash suffixHash
}
