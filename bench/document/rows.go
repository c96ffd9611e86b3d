package main

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"

	"github.com/reearth/ygo/crdt"

	"github.com/civicpress/civic-realtime/bench/table"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

func apply(in *input) []table.Row {
	n := float64(len(in.updates))
	ns := best(5, func() { merged(in.updates) }) / n
	allocs := mallocs(func() { merged(in.updates) }) / n
	few := in.updates[:min(len(in.updates), 20_000)]
	peer := best(1, func() {
		d := crdt.New()
		for _, u := range few {
			if err := crdt.ApplyUpdateV1(d, u, nil); err != nil {
				panic(err)
			}
		}
	}) / float64(len(few))
	times := in.yjs.ApplyNs / ns
	return []table.Row{
		table.New("apply an update, checked", fmt.Sprintf("%.0f ns, %.4f allocations", ns, allocs), "≤ 250 ns, 0 amortised", ns <= 250 && allocs < 0.01),
		table.New("  beside Yjs", fmt.Sprintf("%.0f ns there: %.0f times faster", in.yjs.ApplyNs, times), "≥ 25 times", times >= 25),
		table.New("  beside ygo (the first 20,000)", fmt.Sprintf("%.0f ns there: %.0f times faster", peer, peer/ns), "-", true),
	}
}

func encode(in *input) []table.Row {
	d := merged(in.updates)
	var out []byte
	out = d.AppendState(out)
	ns := best(50, func() { out = d.AppendState(out[:0]) })
	allocs := mallocs(func() { out = d.AppendState(out[:0]) })
	times := in.yjs.EncodeNs / ns
	return []table.Row{
		table.New("full state into a reused buffer", fmt.Sprintf("%.1f µs, %.0f allocations, %d bytes", ns/1e3, allocs, len(out)), "≤ 100 µs, 0", ns <= 100e3 && allocs == 0),
		table.New("  beside Yjs", fmt.Sprintf("%.0f µs there: %.0f times faster", in.yjs.EncodeNs/1e3, times), "≥ 100 times", times >= 100),
	}
}

// diff compares a client 100 updates behind in a document and in one ten times as long.
func diff(*input) []table.Row {
	small, sent := behind(20_000)
	large, _ := behind(200_000)
	return []table.Row{table.New("diff for a client 100 to 600 updates behind", fmt.Sprintf("%.0f ns for up to %d bytes; %.0f ns in ten times the document", small, sent, large),
		"ten times the document: ≤ 1.5 times", large <= 1.5*small)}
}

// behind times diffs of the last 100 to 600 of n insertions.
func behind(n int) (ns float64, sent int) {
	d := typed(n)
	have := yjs.StateVector{{Client: 1 << 30}}
	var out []byte
	const places = 500 // one after the other, as the distance to the index varies
	ns = best(20, func() {
		for i := range places {
			have[0].Clock = uint64(n - 100 - i)
			out = d.AppendDiff(out[:0], have)
		}
	}) / places
	return ns, len(out)
}

// typed returns a document of n insertions, in words of seven letters at changing places.
func typed(n int) *ydoc.Doc {
	d := new(ydoc.Doc)
	id := func(clock uint64) yjs.ID { return yjs.ID{Client: 1 << 30, Clock: clock} }
	var b []byte
	for clock := range uint64(n) {
		b = yjs.AppendID(append(b[:0], 1, 1), id(clock))
		switch {
		case clock == 0:
			b = lib0.AppendString(append(b, yjs.RefString, 1), "text")
		case clock%7 == 0:
			b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), id(clock/2))
		default:
			b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), id(clock-1))
		}
		must(d, append(lib0.AppendString(b, "x"), 0))
	}
	d.ClearChanges()
	return d
}

// heapOf returns the heap that each of n values takes.
func heapOf[T any](n int, build func() T) float64 {
	kept := make([]T, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range kept {
		kept[i] = build()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / float64(n)
}

func heap(in *input) []table.Row {
	state := merged(in.updates).AppendState(nil)
	each := heapOf(10, func() *ydoc.Doc { return loaded(state) })
	peer := heapOf(2, func() *crdt.Doc { return ygoLoaded(in.state) })
	ratio := each / float64(len(state))
	return []table.Row{
		table.New("heap of the loaded document", fmt.Sprintf("%.0f bytes for %d encoded: %.2f times", each, len(state), ratio), "≤ 1.3 times", ratio <= 1.3),
		table.New("  beside ygo", fmt.Sprintf("%.0f bytes there: %.0f times ours", peer, peer/each), "-", true),
	}
}

func ygoLoaded(state []byte) *crdt.Doc {
	d := crdt.New()
	if err := crdt.ApplyUpdateV1(d, state, nil); err != nil {
		panic(err)
	}
	return d
}

func load(in *input) []table.Row {
	state := merged(in.updates).AppendState(nil)
	ns := best(30, func() { loaded(state) })
	peer := best(5, func() { ygoLoaded(in.state) })
	return []table.Row{
		table.New("load of a snapshot, checked and indexed", fmt.Sprintf("%.0f µs; Yjs %.0f µs: %.0f times faster", ns/1e3, in.yjs.LoadNs/1e3, in.yjs.LoadNs/ns),
			"≥ 20 times", in.yjs.LoadNs >= 20*ns),
		table.New("  beside ygo", fmt.Sprintf("%.0f µs there: %.0f times faster", peer/1e3, peer/ns), "≥ 10 times", peer >= 10*ns),
	}
}

func manyClients(*input) []table.Row {
	const clients = 10_000
	each := heapOf(1, func() *ydoc.Doc {
		d := new(ydoc.Doc)
		for i := range uint64(clients) {
			b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: 1<<31 + i*7919})
			b = lib0.AppendString(append(b, yjs.RefString, 1), "text")
			must(d, append(lib0.AppendString(b, "x"), 0))
		}
		d.ClearChanges()
		return d
	})
	beyond := each/clients - float64(len("\x04\x01\x04text\x01x"))
	return []table.Row{table.New("10,000 client ids with one struct each", fmt.Sprintf("%.0f bytes a client beyond its structs", beyond), "≤ 120", beyond <= 120)}
}

func compacted(d *ydoc.Doc) []byte {
	v, err := view.New(yjs.Trust(d.AppendState(nil)))
	if err != nil {
		panic(err)
	}
	return v.AppendCompacted(nil)
}

func sizes(in *input) (rows []table.Row) {
	add := func(name string, ours, yjs int) {
		rows = append(rows, table.New("encoded state after compaction: "+name, fmt.Sprintf("%d bytes, Yjs %d", ours, yjs), "no larger than Yjs'", ours <= yjs))
	}
	add("trace", len(compacted(merged(in.updates))), in.yjs.StateBytes)
	for _, name := range slices.Sorted(maps.Keys(in.yjs.Sizes)) {
		add(name, len(compacted(merged(in.sessions[name]))), in.yjs.Sizes[name])
	}
	return rows
}

func compaction(in *input) []table.Row {
	d := merged(in.updates)
	ns := best(5, func() { compacted(d) })
	return []table.Row{table.New("compaction of the whole trace", fmt.Sprintf("%.1f ms: %.0f ns an update", ns/1e6, ns/float64(len(in.updates))), "-", true)}
}

// snapshots times the saver, from the document to the stored bytes, and compares it with Yjs' whole
// state deflated. The first snapshot of the document, compacted as Yjs' own always is, compresses
// all of it. Each of the next 500, over the last 50,000 updates, follows after 100 updates and
// compresses mostly new content; the rows have their mean, and the slowest, in which all is
// compressed again. The size is that of the last.
func snapshots(in *input) (rows []table.Row) {
	const steps, each = 500, 100
	for _, a := range []snapshot.Algorithm{snapshot.Zstd, snapshot.Gzip} {
		first, whole := snapshotTimes(50, compacted(merged(in.updates)), nil, a)
		early := len(in.updates) - steps*each
		state := compacted(merged(in.updates[:early]))
		then := slices.Collect(slices.Chunk(in.updates[early:], each))
		later, size := snapshotTimes(5, state, then, a)
		mean := sum(later[1:]) / steps
		rows = append(rows, comparison(in, fmt.Sprintf("first snapshot, %v", a), first[0], "", whole, 0),
			comparison(in, fmt.Sprintf("snapshot after %d more updates, %v", each, a), mean,
				fmt.Sprintf(" (at most %.2f)", slices.Max(later[1:])/1e6), size, 20))
	}
	return rows
}

// comparison compares a snapshot with Yjs' time and size.
func comparison(
	in *input, what string, ns float64, more string, size int, bound float64,
) table.Row {
	times := in.yjs.SnapshotNs / ns
	figure := fmt.Sprintf("%.2f ms%s, %d bytes; Yjs %.1f ms, %d bytes: %.0f times",
		ns/1e6, more, size, in.yjs.SnapshotNs/1e6, in.yjs.SnapshotBytes, times)
	r := table.New(what, figure, "no larger", size <= in.yjs.SnapshotBytes)
	if bound > 0 {
		r.Bound = fmt.Sprintf("≥ %.0f times, no larger", bound)
		r.OK = r.OK && times >= bound
	}
	return r
}

// snapshotTimes takes a snapshot of a document, and one after each list of updates in then, and
// returns the shortest time that each took in n runs, and the size of the last.
func snapshotTimes(
	n int, state []byte, then [][][]byte, a snapshot.Algorithm,
) (ns []float64, size int) {
	var taken, out []byte
	var cuts []int
	ns = slices.Repeat([]float64{math.Inf(1)}, 1+len(then))
	for range n {
		d := loaded(state)
		var pieces snapshot.Pieces
		for i := range ns {
			if i > 0 {
				mergeAll(d, then[i-1])
			}
			ns[i] = min(ns[i], best(1, func() {
				taken, cuts = d.AppendStateCuts(taken[:0], cuts[:0])
				s := snapshot.Snapshot{Version: uint64(i), State: taken}
				out, _ = pieces.Append(out[:0], s, cuts, a)
			}))
		}
		back, err := snapshot.Decode(out, len(taken))
		if err != nil || !bytes.Equal(back.State, taken) {
			panic("a snapshot gives back another state")
		}
	}
	return ns, len(out)
}

func sum(of []float64) (all float64) {
	for _, n := range of {
		all += n
	}
	return all
}
