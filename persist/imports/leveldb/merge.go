package leveldb

import (
	"container/heap"
	"iter"
)

// sorted is a list of entries in order.
type sorted interface {
	// head returns the current entry. Of a list that is not ready it is one that is not greater
	// than any.
	head() entry
	// ready reports whether head is an entry of the list.
	ready() bool
	// next moves to the next entry, of a list that is not ready to the first. It returns false at
	// the end.
	next() bool
}

// written is the list of the writes in logs.
type written struct{ entries []entry }

func (w *written) head() entry { return w.entries[0] }
func (*written) ready() bool   { return true }

func (w *written) next() bool {
	w.entries = w.entries[1:]
	return len(w.entries) > 0
}

// queue is a heap of lists, by their heads.
type queue []sorted

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].head().compare(q[j].head()) < 0 }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(sorted)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// step moves the first list to its next entry.
func (q *queue) step() {
	if (*q)[0].next() {
		heap.Fix(q, 0)
	} else {
		heap.Pop(q)
	}
}

// merged returns the entries of all lists in order.
func merged(lists queue) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		heap.Init(&lists)
		for len(lists) > 0 {
			if first := lists[0]; first.ready() && !yield(first.head()) {
				return
			}
			lists.step()
		}
	}
}
