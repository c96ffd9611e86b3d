// Package align matches the elements of two lists, and compares places of changes of a text.
//
// Files, in layers; each uses only what is listed before it:
//
//	place.go  how likely a change is meant at a place
//	align.go  longest common subsequences
package align

import "slices"

// maxTable is the largest number of pairs for which a longest common subsequence is computed.
const maxTable = 1 << 20

// Match matches a with b, in order, and returns for each element of a the index of its partner in
// b, or -1. The common start and end match first. Between them a longest common subsequence is
// found, unless that takes more than maxTable; then elements that are unique on both sides match
// first.
func Match[K comparable](a, b []K) []int {
	match := make([]int, len(a))
	for i := range match {
		match[i] = -1
	}
	alignRange(match, a, b, 0, len(a), 0, len(b), false)
	return match
}

func alignRange[K comparable](match []int, a, b []K, i, n, j, m int, anchored bool) {
	for ; i < n && j < m && a[i] == b[j]; i, j = i+1, j+1 {
		match[i] = j
	}
	for ; i < n && j < m && a[n-1] == b[m-1]; n, m = n-1, m-1 {
		match[n-1] = m - 1
	}
	switch {
	case i == n || j == m:
	case (n-i)*(m-j) <= maxTable:
		alignExactly(match, a, b, i, n, j, m)
	case !anchored:
		for _, anchor := range append(anchors(a, b, i, n, j, m), [2]int{n, m}) {
			alignRange(match, a, b, i, anchor[0], j, anchor[1], true)
			if anchor[0] < n {
				match[anchor[0]] = anchor[1]
			}
			i, j = anchor[0]+1, anchor[1]+1
		}
	}
}

// alignExactly finds a longest common subsequence.
func alignExactly[K comparable](match []int, a, b []K, i, n, j, m int) {
	width := m - j + 1
	longest := make([]int32, (n-i+1)*width) // of a[i+x:n] and b[j+y:m]
	for x := n - i - 1; x >= 0; x-- {
		for y := m - j - 1; y >= 0; y-- {
			if a[i+x] == b[j+y] {
				longest[x*width+y] = longest[(x+1)*width+y+1] + 1
			} else {
				longest[x*width+y] = max(longest[(x+1)*width+y], longest[x*width+y+1])
			}
		}
	}
	for x, y := 0, 0; i+x < n && j+y < m; {
		switch {
		case a[i+x] == b[j+y]:
			match[i+x] = j + y
			x, y = x+1, y+1
		case longest[(x+1)*width+y] >= longest[x*width+y+1]:
			x++
		default:
			y++
		}
	}
}

// anchors returns pairs of elements that are equal and unique in a[i:n] and in b[j:m]: as many as
// are in the same order in both.
func anchors[K comparable](a, b []K, i, n, j, m int) [][2]int {
	type place struct{ inA, inB, a, b int }
	places := make(map[K]*place)
	for y := j; y < m; y++ {
		p := places[b[y]]
		if p == nil {
			p = new(place)
			places[b[y]] = p
		}
		p.inB, p.b = p.inB+1, y
	}
	for x := i; x < n; x++ {
		if p := places[a[x]]; p != nil {
			p.inA, p.a = p.inA+1, x
		}
	}
	var once [][2]int
	for x := i; x < n; x++ {
		if p := places[a[x]]; p != nil && p.inA == 1 && p.inB == 1 {
			once = append(once, [2]int{x, p.b})
		}
	}
	return ascending(once)
}

// ascending returns a longest subsequence of pairs whose second elements ascend.
func ascending(pairs [][2]int) [][2]int {
	var ends []int // ends[k] is the pair with which the best run of k+1 pairs ends
	before := make([]int, len(pairs))
	for i, p := range pairs {
		k, _ := slices.BinarySearchFunc(ends, p[1], func(e, second int) int {
			return pairs[e][1] - second
		})
		if before[i] = -1; k > 0 {
			before[i] = ends[k-1]
		}
		ends = append(ends[:k], append([]int{i}, ends[min(k+1, len(ends)):]...)...)
	}
	if len(ends) == 0 {
		return nil
	}
	var run [][2]int
	for i := ends[len(ends)-1]; i >= 0; i = before[i] {
		run = append(run, pairs[i])
	}
	slices.Reverse(run)
	return run
}
