package redis

import (
	"context"
	"errors"
)

// Append adds rows to their rooms' journals, in one pipeline, and sets the answer of each. It fails
// if all fail; otherwise those that fail have an Err that is no refusal.
//
// Rows of rooms whose journals are open are appended at once, which costs Redis half as much as a
// script. Those that Redis refuses, and those of other rooms, are appended by the script, which
// opens the journals, or says why not.
func (c *Client) Append(ctx context.Context, rows []FencedRow) error {
	if err := c.usable(ctx); err != nil || len(rows) == 0 {
		return err
	}
	for i := range rows {
		rows[i].Err, rows[i].At = nil, Position{}
	}
	if rest := c.appendOpen(ctx, rows); len(rest) > 0 {
		c.appendRest(ctx, rows, rest)
	}
	if err := c.replicated(ctx, rows); err != nil {
		return err
	}
	return commonError(rows)
}

// commonError returns the error of the rows if all have one that is no refusal.
func commonError(rows []FencedRow) error {
	for i := range rows {
		var is refusal
		if rows[i].Err == nil || errors.As(rows[i].Err, &is) {
			return nil
		}
	}
	return rows[0].Err
}

// appendRest appends those rows, in the order of their indexes, by the script.
func (c *Client) appendRest(ctx context.Context, rows []FencedRow, indexes []int) {
	rest := make([]FencedRow, len(indexes))
	for k, i := range indexes {
		rest[k] = rows[i]
	}
	c.appendByScript(ctx, rest)
	for k, i := range indexes {
		rows[i].Err, rows[i].At = rest[k].Err, rest[k].At
	}
}

// appendByScript appends rows by the script, and sets the answer of each.
func (c *Client) appendByScript(ctx context.Context, rows []FencedRow) {
	g, b := groupRows(rows), c.newCalls()
	// Twice as many numbers are set aside: a room whose number is taken gets those after it.
	number := c.numbers(2 * len(rows))
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
	_ = b.each(c.run(ctx, appendScript, b.list...), func(i int, n int64, err error) {
		if err == nil && n < 0 {
			err = refused(-n)
		}
		first := &rows[g.groups[i].first]
		if err == nil {
			c.known.opened(first.Lease, first.Incarnation)
		}
		at := uint64(max(n, 0))
		if at == 0 {
			at = numbers[i]
		}
		for row := g.groups[i].first; row >= 0; row = g.next[row] {
			if rows[row].Err = err; err == nil {
				rows[row].At = Position{Fence: rows[row].Lease.Fence, Number: at}
				at++
			}
		}
	})
}

// numbers returns the first of n numbers for rows, which nobody else gets.
func (c *Client) numbers(n int) uint64 { return c.number.Add(uint64(n)) - uint64(n) + 1 }
