package ydoc

import (
	"iter"
	"slices"
	"sort"

	"github.com/civicpress/civic-realtime/codec/steps"
)

// chunkLen is how many elements a chunk of a list has at most.
const chunkLen = 128

// list is a sequence in chunks, so that inserting into it moves a chunk and not
// all that follows. The zero value is empty.
type list[T any] struct {
	chunks [][]T // none is empty
	len    int
}

// spot is where an element of a list stands. Behind the last one it is {len(chunks), 0}.
type spot struct{ chunk, i int }

func (l *list[T]) has(s spot) bool {
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

// at is the element at s.
func (l *list[T]) at(s spot) *T { return &l.chunks[s.chunk][s.i] }

func (l *list[T]) next(s spot) spot {
	if s.i++; s.i == len(l.chunks[s.chunk]) {
		return spot{s.chunk + 1, 0}
	}
	return s
}

// before is the spot before s, if there is one.
func (l *list[T]) before(s spot) (spot, bool) {
	if s.i > 0 {
		return spot{s.chunk, s.i - 1}, true
	}
	if s.chunk > 0 {
		return spot{s.chunk - 1, len(l.chunks[s.chunk-1]) - 1}, true
	}
	return s, false
}

// search finds the first element that is such, where all that follow one that is are too.
func (l *list[T]) search(is func(T) bool) spot {
	c := sort.Search(len(l.chunks), func(c int) bool { return is(l.chunks[c][len(l.chunks[c])-1]) })
	if c == len(l.chunks) {
		return spot{c, 0}
	}
	return spot{c, sort.Search(len(l.chunks[c]), func(i int) bool { return is(l.chunks[c][i]) })}
}

// insert puts v before the element at s, and returns where it is.
func (l *list[T]) insert(s spot, v T) spot {
	l.len++
	if s.i == 0 && s.chunk > 0 && len(l.chunks[s.chunk-1]) < chunkLen {
		s = spot{s.chunk - 1, len(l.chunks[s.chunk-1])}
	}
	if s.chunk == len(l.chunks) || len(l.chunks[s.chunk]) == chunkLen {
		s = l.makeRoom(s)
	}
	steps.Take(1 + (len(l.chunks[s.chunk])-s.i)/8)
	l.chunks[s.chunk] = slices.Insert(l.chunks[s.chunk], s.i, v)
	return s
}

// push puts v behind the last element, and returns where it is.
func (l *list[T]) push(v T) spot {
	c := len(l.chunks) - 1
	if c < 0 || len(l.chunks[c]) == chunkLen {
		return l.insert(spot{c + 1, 0}, v)
	}
	steps.Take(1)
	l.len++
	l.chunks[c] = append(l.chunks[c], v)
	return spot{c, len(l.chunks[c]) - 1}
}

// makeRoom makes a chunk, or two of one, for an element that is about to be inserted at s.
func (l *list[T]) makeRoom(s spot) spot {
	steps.Take(1 + (len(l.chunks)-s.chunk)/4)
	if s.i == 0 || s.i == chunkLen {
		s = spot{s.chunk + s.i/chunkLen, 0}
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
		s = spot{s.chunk + 1, s.i - half}
	}
	return s
}

// remove takes n elements out, from s on.
func (l *list[T]) remove(s spot, n int) {
	l.len -= n
	first := s.chunk
	if s.i > 0 && n > 0 {
		k := min(n, len(l.chunks[s.chunk])-s.i)
		l.removeIn(s, k)
		n, s = n-k, spot{s.chunk + 1, 0}
	}
	end := s.chunk
	for ; n > 0 && n >= len(l.chunks[end]); end++ {
		n -= len(l.chunks[end])
	}
	if n > 0 {
		l.removeIn(spot{end, 0}, n)
	}
	if end > s.chunk {
		steps.Take((len(l.chunks) - s.chunk) / 4)
		l.chunks = slices.Delete(l.chunks, s.chunk, end)
	}
	for c := first + 1; c >= first-1; c-- {
		l.join(c)
	}
}

func (l *list[T]) removeIn(s spot, n int) {
	steps.Take(1 + (len(l.chunks[s.chunk])-s.i)/8)
	l.chunks[s.chunk] = slices.Delete(l.chunks[s.chunk], s.i, s.i+n)
}

// join makes one chunk of two that are small.
func (l *list[T]) join(c int) {
	if c < 0 || c+1 >= len(l.chunks) || len(l.chunks[c])+len(l.chunks[c+1]) > chunkLen/2 {
		return
	}
	steps.Take(chunkLen/8 + (len(l.chunks)-c)/4)
	l.chunks[c] = append(l.chunks[c], l.chunks[c+1]...)
	l.chunks = slices.Delete(l.chunks, c+1, c+2)
}

// reuse empties a slice, and lets go of one that grew large.
func reuse[T any](s []T) []T {
	if cap(s) > 1024 {
		return nil
	}
	return s[:0]
}
