package main

import (
	"runtime"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// best returns the shortest of n runs of f, in nanoseconds: noise only adds.
func best(n int, f func()) float64 {
	times := make([]float64, n)
	for i := range times {
		start := time.Now()
		f()
		times[i] = float64(time.Since(start))
	}
	return slices.Min(times)
}

// mallocs counts the allocations of f.
func mallocs(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs - before.Mallocs)
}

// must merges an update as a room does: checked, then applied.
func must(d *ydoc.Doc, update []byte) {
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		panic(err)
	}
	if out := d.Apply(u); out.Missing {
		panic("an update of the session refers to what is not there")
	}
}

func merged(updates [][]byte) *ydoc.Doc {
	d := new(ydoc.Doc)
	mergeAll(d, updates)
	return d
}

func mergeAll(d *ydoc.Doc, updates [][]byte) {
	for _, u := range updates {
		must(d, u)
		d.ClearChanges()
	}
}

func loaded(state []byte) *ydoc.Doc {
	d, err := ydoc.Load(state)
	if err != nil {
		panic(err)
	}
	return d
}
