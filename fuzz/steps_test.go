package fuzz

import (
	"errors"
	"fmt"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// stepsPerByte is the largest number of steps that an operation may take for each byte that it
// receives or reads.
const stepsPerByte = 16

// TestSteps counts the steps of every operation on a document, for generated shapes in three sizes.
// It shows that from one size to the next, which is twice as large, they grow at most like n log n.
func TestSteps(t *testing.T) {
	first, count := envUint(t, "FUZZ_SEED", 1), envUint(t, "FUZZ_SHAPES", 100)
	worst := make(map[string]float64)
	for seed := first; seed < first+count; seed++ {
		s := shapeOf(seed)
		var before []taken
		for _, n := range []int{1000, 2000, 4000} {
			now := measure(s.updates(n))
			for i, op := range now {
				if op.bytes > 0 {
					worst[op.name] = max(worst[op.name], float64(op.steps)/float64(op.bytes))
				}
				if op.steps > stepsPerByte*op.bytes+2000 {
					t.Errorf("shape %v\n%s takes %d steps for %d bytes", s, op.name, op.steps, op.bytes)
				}
				if i < len(before) && before[i].steps > 0 && op.steps > before[i].steps*5/2+4*before[i].bytes+2000 {
					t.Errorf("shape %v\n%s takes %d steps, and %d for twice as much", s, op.name, before[i].steps, op.steps)
				}
			}
			before = now
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("steps a byte at most: %v", worst)
}

// taken is the number of steps of an operation, and the number of bytes that it receives or reads.
type taken struct {
	name         string
	steps, bytes uint64
}

// measure runs every operation on the documents that some updates make.
func measure(updates [][]byte) (all []taken) {
	sent := uint64(0)
	for _, u := range updates {
		sent += uint64(len(u))
	}
	size := sent
	count := func(name string, f func()) { all = append(all, taken{name, steps.Count(f), size}) }
	each := func(f func(yjs.CheckedUpdate)) func() {
		return func() {
			for _, u := range updates {
				f(yjs.Trust(u))
			}
		}
	}
	count("check", each(func(u yjs.CheckedUpdate) {
		if _, err := yjs.CheckUpdate(u.Bytes()); err != nil {
			panic(fmt.Sprintf("%v: %x", err, u.Bytes()[:min(100, len(u.Bytes()))]))
		}
	}))
	var d, told ydoc.Doc
	dropped := false
	apply := each(func(u yjs.CheckedUpdate) { dropped = d.Apply(u).Dropped || dropped })
	count("apply", apply)
	count("apply what was dropped", func() { // more than MaxPending structs were pending: all updates come again
		for tries := 0; dropped && tries < 8; tries++ {
			dropped = false
			apply()
		}
	})
	count("apply again", apply)
	count("holds", each(func(u yjs.CheckedUpdate) { d.Contains(u) }))
	var none ydoc.Doc
	count("extends", each(func(u yjs.CheckedUpdate) { none.CanApply(u) }))
	count("changes", each(func(u yjs.CheckedUpdate) { told.Apply(u); told.AppendChanges(nil) }))
	count("split", each(func(u yjs.CheckedUpdate) { ydoc.Split(u, 256, func([]byte) {}) }))

	state := d.AppendState(nil)
	size = max(sent, uint64(len(state)))
	count("state", func() { d.AppendState(nil) })
	count("state and cuts", func() { d.AppendStateCuts(nil, nil) })
	count("state vector", func() { d.AppendStateVector(nil) })
	vector, _ := yjs.ParseStateVector(nil, d.AppendStateVector(nil))
	for i := range vector {
		vector[i].Clock -= vector[i].Clock * uint64(i%3) / 2
	}
	count("diff", func() { d.AppendDiff(nil, vector) })
	count("since", func() { d.AppendSince(nil, vector) })
	var half ydoc.Doc
	for i, u := range updates {
		if half.Apply(yjs.Trust(u)); i == len(updates)/2 {
			half.ClearChanges()
		}
	}
	count("past", func() { half.StateBefore(yjs.Trust(nil)).AppendState(nil) })
	count("split state", func() { ydoc.Split(yjs.Trust(state), 4096, func([]byte) {}) })
	count("load", func() {
		if _, err := ydoc.Load(state); err != nil {
			panic(err)
		}
	})
	return append(all, measureView(&d, yjs.Trust(state), size)...)
}

// measureView runs every operation on views.
func measureView(d *ydoc.Doc, state yjs.CheckedUpdate, size uint64) (all []taken) {
	count := func(name string, f func()) { all = append(all, taken{name, steps.Count(f), size}) }
	var v *view.View
	var err error
	count("view", func() { v, err = view.New(state) })
	if errors.Is(err, view.ErrBudget) {
		return all
	}
	if err != nil {
		panic(err)
	}
	count("read", func() {
		for name, kind := range roots {
			v.Root(name).JSON(kind)
		}
	})
	var compacted []byte
	count("compaction", func() { compacted = v.AppendCompacted(nil) })
	count("replace", func() {
		shorter, err := ydoc.Load(compacted)
		if err != nil {
			panic(err)
		}
		d.Replace(shorter)
	})
	var tree markdown.Node
	count("prose", func() { tree = prose.Read(v, markdown.Schema{}) })
	count("rendering", func() { new(prose.Rendering).Markdown(v, markdown.Schema{}) })
	text := markdown.Format(tree)
	count("edit", func() {
		to, _ := markdown.Parse(text + "\n\nmore")
		if _, err := prose.Edit(state, markdown.Schema{}, to); err != nil {
			panic(err)
		}
	})
	return all
}
