package redis

import (
	"context"
	"strconv"

	"github.com/redis/rueidis"
)

// Append adds rows to their rooms' journals, in one pipeline, and sets the answer of each. It fails
// if all fail; otherwise those that fail have an Err that is no refusal.
func (c *Client) Append(ctx context.Context, rows []FencedRow) error {
	if err := c.usable(ctx); err != nil || len(rows) == 0 {
		return err
	}
	g, b := groupRows(rows), c.newCalls()
	// Twice as many numbers are set aside: a room whose number is taken gets those after it.
	number := c.number.Add(2*uint64(len(rows))) - 2*uint64(len(rows)) + 1
	numbers := make([]uint64, len(g.groups)) // that are asked for
	var text texter
	text.buf = make([]byte, 0, g.size(rows))
	for i, group := range g.groups {
		lease := &rows[group.first].Lease
		at := b.open(c.ShardOf(lease.Room), i, group.bytes)
		at.args = append(at.args, lease.Room, text.noted(lease, rows[group.first].Incarnation),
			text.id(lease.Fence, number), text.decimal(uint64(group.rows)))
		for row := group.first; row >= 0; row = g.next[row] {
			at.args = append(at.args, text.frame(lease.Room, rows[row].Data))
		}
		numbers[i] = number
		number += uint64(group.rows)
	}
	results := c.run(ctx, appendScript, b.list...)
	if err := c.replicated(ctx, b.list, results); err != nil {
		return err
	}
	return b.each(results, func(i int, n int64, err error) {
		if err == nil && n < 0 {
			err = refused(-n)
		}
		at := uint64(max(n, 0))
		if at == 0 {
			at = numbers[i]
		}
		for row := g.groups[i].first; row >= 0; row = g.next[row] {
			rows[row].Err, rows[row].At = err, Position{}
			if err == nil {
				rows[row].At = Position{Fence: rows[row].Lease.Fence, Number: at}
				at++
			}
		}
	})
}

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

// texter makes arguments in one piece of memory, which it does not use again: the library may hold
// them for longer than a call takes.
type texter struct{ buf []byte }

// since returns what was appended to the buffer since it had n bytes.
func (t *texter) since(n int) string { return rueidis.BinaryString(t.buf[n:]) }

// noted returns how the owner's value begins if rows need nothing but to be appended.
func (t *texter) noted(l *Lease, incarnation uint64) string {
	n := len(t.buf)
	t.buf = append(strconv.AppendUint(t.buf, l.Fence, 10), ' ')
	t.buf = append(append(t.buf, l.Node...), ' ')
	t.buf = append(appendDigits(t.buf, incarnation), ' ')
	return t.since(n)
}

// id returns the id of a row.
func (t *texter) id(fence, number uint64) string {
	n := len(t.buf)
	t.buf = append(strconv.AppendUint(t.buf, fence, 10), '-')
	t.buf = strconv.AppendUint(t.buf, number, 10)
	return t.since(n)
}

func (t *texter) decimal(v uint64) string {
	n := len(t.buf)
	t.buf = strconv.AppendUint(t.buf, v, 10)
	return t.since(n)
}

func (t *texter) frame(room string, data []byte) string {
	n := len(t.buf)
	t.buf = frame(t.buf, room, data)
	return t.since(n)
}
