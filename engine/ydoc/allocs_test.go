package ydoc

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// keystrokes returns n updates of one unit each, every one typed behind the one before.
func keystrokes(n int) [][]byte {
	updates := make([][]byte, n)
	for i := range updates {
		s := structOf{client: 1 << 31, clock: uint64(i), info: yjs.RefString, content: text("x")}
		if i > 0 {
			s.origin = id(s.client, s.clock-1)
		}
		updates[i] = update([]structOf{s})
	}
	return updates
}

// counter counts what a Recorder is told.
type counter int

func (c *counter) Inserted(uint64, uint64, uint64, uint32) { *c++ }
func (c *counter) Deleted(uint64, uint64, uint64, uint32)  { *c++ }

// TestNoAllocations shows that merging keystrokes, and encoding states and differences, allocates
// nothing.
func TestNoAllocations(t *testing.T) {
	const runs = 1000
	updates := keystrokes(4*runs + 20)
	var counted counter
	var d Doc
	next := func() { apply(t, &d, updates[0]); updates = updates[1:] }
	next()
	d.clients[0].buf = append(make([]byte, 0, 1<<16), d.clients[0].buf...)
	d.clients[0].makeIndex().entries = make([]indexEntry, 0, 100)
	out := make([]byte, 0, 1<<17)
	cuts := make([]int, 0, 10)
	have := yjs.StateVector{{Client: 1 << 31, Clock: 1}}
	for name, f := range map[string]func(){
		"apply a continuing insertion": next,
		"state":                        func() { out = d.AppendState(out[:0]) },
		"state and cuts":               func() { out, cuts = d.AppendStateCuts(out[:0], cuts[:0]) },
		"state vector":                 func() { out = d.AppendStateVector(out[:0]) },
		"diff":                         func() { out = d.AppendDiff(out[:0], have) },
		"since":                        func() { out = d.AppendSince(out[:0], have) },
		"apply and changes":            func() { next(); out = d.AppendChanges(out[:0]) },
		"apply with a recorder": func() {
			d.ApplyBy(yjs.Trust(updates[0]), 7, &counted)
			updates = updates[1:]
		},
	} {
		if n := testing.AllocsPerRun(runs, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
