package redis

import (
	"context"
	"strconv"

	"github.com/redis/rueidis"
)

// rowGroup are rows of one room with one lease and incarnation, which are one commit.
type rowGroup struct {
	rows  []int
	bytes int
}

// groupKey identifies a rowGroup.
type groupKey struct {
	lease       Lease
	incarnation uint64
}

// Append adds rows to their rooms' journals, in one pipeline, and sets the answer of each. It fails
// if all fail; otherwise those that fail have an Err that is no refusal.
func (c *Client) Append(ctx context.Context, rows []FencedRow) error {
	if err := c.usable(ctx); err != nil || len(rows) == 0 {
		return err
	}
	groups, b := groupRows(rows), c.newCalls()
	// Twice as many numbers are set aside: a room whose number is taken gets those after it.
	number := c.number.Add(2*uint64(len(rows))) - 2*uint64(len(rows)) + 1
	frames := framesOf(rows)
	for i := range groups {
		g := &groups[i]
		first := &rows[g.rows[0]]
		args := make([]string, 0, 5+len(g.rows))
		args = append(args, first.Lease.Room, held(first.Lease), digits(first.Incarnation),
			decimal(number), strconv.Itoa(len(g.rows)))
		for _, row := range g.rows {
			args = append(args, frames[row])
		}
		number += uint64(len(g.rows))
		b.add(c.ShardOf(first.Lease.Room), i, args...)
	}
	results := c.run(ctx, appendScript, b.list...)
	err := c.replicated(ctx, b.list, results)
	if err != nil {
		return err
	}
	return b.each(results, func(i int, n int64, err error) {
		if err == nil && n < 0 {
			err = refused(-n)
		}
		for k, row := range groups[i].rows {
			rows[row].Err, rows[row].At = err, Position{}
			if err == nil {
				rows[row].At = Position{Fence: rows[row].Lease.Fence, Number: uint64(n) + uint64(k)}
			}
		}
	})
}

// groupRows groups rows by their rooms, in the order of the first of each.
func groupRows(rows []FencedRow) (groups []rowGroup) {
	index := make(map[groupKey]int, len(rows))
	for i := range rows {
		key := groupKey{rows[i].Lease, rows[i].Incarnation}
		at, ok := index[key]
		if !ok {
			at = len(groups)
			index[key] = at
			groups = append(groups, rowGroup{})
		}
		groups[at].rows = append(groups[at].rows, i)
		groups[at].bytes += len(rows[i].Data)
	}
	return groups
}

// framesOf returns the rows' data as it is stored, in one piece of memory.
func framesOf(rows []FencedRow) []string {
	size := 0
	for i := range rows {
		size += frameSize + len(rows[i].Data)
	}
	all, frames := make([]byte, 0, size), make([]string, len(rows))
	for i := range rows {
		begin := len(all)
		all = frame(all, rows[i].Lease.Room, rows[i].Data)
		frames[i] = rueidis.BinaryString(all[begin:])
	}
	return frames
}
