package redis

// grouped are rows by their rooms. Rows of one room with one lease and incarnation are one commit.
type grouped struct {
	groups []rowGroup // in the order of the first row of each
	next   []int      // by row: the next of its group; -1: none
}

// rowGroup are rows of one room: a list of indexes.
type rowGroup struct{ first, last, rows, bytes int }

// groupKey identifies a rowGroup.
type groupKey struct {
	lease       Lease
	incarnation uint64
}

func groupRows(rows []FencedRow) grouped {
	g := grouped{make([]rowGroup, 0, len(rows)), make([]int, len(rows))}
	index := make(map[groupKey]int, len(rows))
	for i := range rows {
		key := groupKey{rows[i].Lease, rows[i].Incarnation}
		g.next[i] = -1
		at, ok := index[key]
		if !ok {
			at = len(g.groups)
			index[key] = at
			g.groups = append(g.groups, rowGroup{first: i, last: i})
		}
		group := &g.groups[at]
		if group.rows > 0 {
			g.next[group.last] = i
		}
		group.last = i
		group.rows++
		group.bytes += len(rows[i].Data)
	}
	return g
}

// size returns how many bytes the arguments take at most, but for the rooms' names.
func (g grouped) size(rows []FencedRow) (size int) {
	const number, digits = 20, 16
	for _, group := range g.groups {
		size += 4*(number+1) + digits + len(rows[group.first].Lease.Node) + 2
		size += group.bytes + group.rows*frameSize
	}
	return size
}
