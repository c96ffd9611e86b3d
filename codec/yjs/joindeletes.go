package yjs

import (
	"cmp"
	"slices"
)

// JoinDeletes sorts deletions in the order that an update requires, and joins adjacent ones.
func JoinDeletes(ranges []DeleteRange) []DeleteRange {
	slices.SortFunc(ranges, func(a, b DeleteRange) int {
		return cmp.Or(cmp.Compare(b.Client, a.Client), cmp.Compare(a.Clock, b.Clock))
	})
	out := ranges[:0]
	for _, r := range ranges {
		last := len(out) - 1
		if last >= 0 && out[last].Client == r.Client && out[last].End >= r.Clock {
			out[last].End = max(out[last].End, r.End)
		} else {
			out = append(out, r)
		}
	}
	return out
}
