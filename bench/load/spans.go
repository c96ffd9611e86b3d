package load

// span is the clocks from from to before to.
type span struct{ from, to uint64 }

// spans is a set of clocks: spans in ascending order, apart from each other. Where
// nothing is lost there is one.
type spans []span

// add adds a span and returns how many of its clocks are new.
func (s *spans) add(n span) (fresh uint64) {
	if n.from >= n.to {
		return 0
	}
	fresh = n.to - n.from
	i := len(*s)
	for i > 0 && (*s)[i-1].from > n.to {
		i--
	}
	end := i
	for ; i > 0 && (*s)[i-1].to >= n.from; i-- {
		old := (*s)[i-1]
		if from, to := max(old.from, n.from), min(old.to, n.to); from < to {
			fresh -= to - from
		}
		n.from, n.to = min(n.from, old.from), max(n.to, old.to)
	}
	if i < end {
		(*s)[i] = n
		*s = append((*s)[:i+1], (*s)[end:]...)
		return fresh
	}
	*s = append(*s, span{})
	copy((*s)[i+1:], (*s)[i:])
	(*s)[i] = n
	return fresh
}
