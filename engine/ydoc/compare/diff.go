package compare

// maxEdits is the number of insertions and deletions beyond which diff gives up.
const maxEdits = 1000

// diff calls keep for each run of elements that two sequences have in common, in order, as a
// shortest edit leaves them (Myers' algorithm). Beyond maxEdits it finds only what they have in
// common at their ends. spend is called with the steps that are taken.
func diff[T comparable](a, b []T, spend func(int), keep func(a, b, n int)) {
	head := common(len(a), len(b), func(i int) bool { return a[i] == b[i] })
	a, b = a[head:], b[head:]
	tail := common(len(a), len(b), func(i int) bool { return a[len(a)-1-i] == b[len(b)-1-i] })
	a, b = a[:len(a)-tail], b[:len(b)-tail]
	spend(head + tail)
	if head > 0 {
		keep(0, 0, head)
	}
	if len(a) > 0 && len(b) > 0 {
		for _, s := range snakes(a, b, spend) {
			keep(head+s.a, head+s.b, s.n)
		}
	}
	if tail > 0 {
		keep(head+len(a), head+len(b), tail)
	}
}

// common returns how many of the first numbers, up to a and b, same is true for.
func common(a, b int, same func(i int) bool) (n int) {
	for n < min(a, b) && same(n) {
		n++
	}
	return n
}

// snake is n elements that are the same in both sequences.
type snake struct{ a, b, n int }

// snakes returns the runs that are in common, none if it gives up.
func snakes[T comparable](a, b []T, spend func(int)) []snake {
	var ends [][]int32 // for each number of edits, how far each diagonal leads in a
	for d := 0; d <= min(maxEdits, len(a)+len(b)); d++ {
		v := make([]int32, 2*d+1)
		spend(2*d + 1)
		for k := -d; k <= d; k += 2 {
			x := furthest(ends, d, k)
			from := x
			for x < len(a) && x-k < len(b) && x-k >= 0 && a[x] == b[x-k] {
				x++
			}
			spend(x - from)
			if v[k+d] = int32(x); x >= len(a) && x-k >= len(b) {
				return backtrack(append(ends, v), d, k)
			}
		}
		ends = append(ends, v)
	}
	return nil
}

// furthest returns where diagonal k begins with d edits, in a, before equal elements.
func furthest(ends [][]int32, d, k int) int {
	if d == 0 {
		return 0
	}
	v := ends[d-1]
	at := func(k int) int { return int(v[k+d-1]) }
	switch {
	case k == -d:
		return at(k + 1)
	case k == d:
		return at(k-1) + 1
	}
	return max(at(k+1), at(k-1)+1)
}

// backtrack returns the runs on the way that ends on diagonal k after d edits.
func backtrack(ends [][]int32, d, k int) (all []snake) {
	for ; d >= 0; d-- {
		x, from := int(ends[d][k+d]), furthest(ends[:d], d, k)
		if x > from {
			all = append(all, snake{from, from - k, x - from})
		}
		if d == 0 {
			break
		}
		if v := ends[d-1]; k == -d || k != d && int(v[k+1+d-1]) >= int(v[k-1+d-1])+1 {
			k++
		} else {
			k--
		}
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}
