package ydoc

import (
	"iter"
	"slices"
	"sort"

	"github.com/civicpress/civic-realtime/codec/steps"
)

// chunkLen is the largest number of elements of a chunk.
const chunkLen = 128

// list is a sequence in chunks, so that an insertion moves only the elements of one chunk. The zero
// value is empty.
type list[T any] struct {
	chunks [][]T // none is empty
	len    int
}

// listPos is the position of an element in a list. The end is {len(chunks), 0}.
type listPos struct{ chunk, i int }

// has reports whether there is an element at s.
func (l *list[T]) has(s listPos) bool {
	return s.chunk < len(l.chunks) && s.i < len(l.chunks[s.chunk])
}

// all yields the elements in order.
func (l *list[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, chunk := range l.chunks {
			steps.Take(len(chunk))
			for _, v := range chunk {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// at returns the element at s.
func (l *list[T]) at(s listPos) *T { return &l.chunks[s.chunk][s.i] }

func (l *list[T]) next(s listPos) listPos {
	if s.i++; s.i == len(l.chunks[s.chunk]) {
		return listPos{s.chunk + 1, 0}
	}
	return s
}

// before returns the position before s, if there is one.
func (l *list[T]) before(s listPos) (listPos, bool) {
	if s.i > 0 {
		return listPos{s.chunk, s.i - 1}, true
	}
	if s.chunk > 0 {
		return listPos{s.chunk - 1, len(l.chunks[s.chunk-1]) - 1}, true
	}
	return s, false
}

// search returns the first element for which is returns true. It must return true for all elements
// after that.
func (l *list[T]) search(is func(T) bool) listPos {
	c := sort.Search(len(l.chunks), func(c int) bool { return is(l.chunks[c][len(l.chunks[c])-1]) })
	if c == len(l.chunks) {
		return listPos{c, 0}
	}
	return listPos{c, sort.Search(len(l.chunks[c]), func(i int) bool { return is(l.chunks[c][i]) })}
}

// insert inserts v before the element at s and returns its position.
func (l *list[T]) insert(s listPos, v T) listPos {
	l.len++
	if s.i == 0 && s.chunk > 0 && len(l.chunks[s.chunk-1]) < chunkLen {
		s = listPos{s.chunk - 1, len(l.chunks[s.chunk-1])}
	}
	if s.chunk == len(l.chunks) || len(l.chunks[s.chunk]) == chunkLen {
		s = l.makeRoom(s)
	}
	steps.Take(1 + (len(l.chunks[s.chunk])-s.i)/8)
	l.chunks[s.chunk] = slices.Insert(l.chunks[s.chunk], s.i, v)
	return s
}

// push appends v and returns its position.
func (l *list[T]) push(v T) listPos {
	c := len(l.chunks) - 1
	if c < 0 || len(l.chunks[c]) == chunkLen {
		return l.insert(listPos{c + 1, 0}, v)
	}
	steps.Take(1)
	l.len++
	l.chunks[c] = append(l.chunks[c], v)
	return listPos{c, len(l.chunks[c]) - 1}
}

// makeRoom makes a new chunk, or splits one, for an element that is about to be inserted at s.
func (l *list[T]) makeRoom(s listPos) listPos {
	steps.Take(1 + (len(l.chunks)-s.chunk)/4)
	if s.i == 0 || s.i == chunkLen {
		s = listPos{s.chunk + s.i/chunkLen, 0}
		var chunk []T
		if s.chunk == len(l.chunks) && s.chunk > 0 {
			chunk = make([]T, 0, chunkLen) // a long list that grows at its end will fill it
		}
		l.chunks = slices.Insert(l.chunks, s.chunk, chunk)
		return s
	}
	const half = chunkLen / 2
	chunk := l.chunks[s.chunk]
	l.chunks = slices.Insert(l.chunks, s.chunk+1, slices.Clone(chunk[half:]))
	l.chunks[s.chunk] = chunk[:half:half]
	if s.i > half {
		s = listPos{s.chunk + 1, s.i - half}
	}
	return s
}

// remove removes n elements from s on.
func (l *list[T]) remove(s listPos, n int) {
	l.len -= n
	first := s.chunk
	if s.i > 0 && n > 0 {
		k := min(n, len(l.chunks[s.chunk])-s.i)
		l.removeIn(s, k)
		n, s = n-k, listPos{s.chunk + 1, 0}
	}
	end := s.chunk
	for ; n > 0 && n >= len(l.chunks[end]); end++ {
		n -= len(l.chunks[end])
	}
	if n > 0 {
		l.removeIn(listPos{end, 0}, n)
	}
	if end > s.chunk {
		steps.Take((len(l.chunks) - s.chunk) / 4)
		l.chunks = slices.Delete(l.chunks, s.chunk, end)
	}
	for c := first + 1; c >= first-1; c-- {
		l.join(c)
	}
}

func (l *list[T]) removeIn(s listPos, n int) {
	steps.Take(1 + (len(l.chunks[s.chunk])-s.i)/8)
	l.chunks[s.chunk] = slices.Delete(l.chunks[s.chunk], s.i, s.i+n)
}

// join joins chunk c and the next one if they are small.
func (l *list[T]) join(c int) {
	if c < 0 || c+1 >= len(l.chunks) || len(l.chunks[c])+len(l.chunks[c+1]) > chunkLen/2 {
		return
	}
	steps.Take(chunkLen/8 + (len(l.chunks)-c)/4)
	l.chunks[c] = append(l.chunks[c], l.chunks[c+1]...)
	l.chunks = slices.Delete(l.chunks, c+1, c+2)
}

// reuse returns s with length 0, or nil if s is large.
func reuse[T any](s []T) []T {
	if cap(s) > 1024 {
		return nil
	}
	return s[:0]
}
