package redis

import (
	"context"
	"strings"

	"github.com/redis/rueidis"
)

// appendOpen appends the rows of rooms whose journals are known to be open, and sets the answer of
// each. It returns the indexes of the others, in order: of rows that Redis has refused, and of
// rooms with several rows, as one that is refused must not come after the next.
func (c *Client) appendOpen(ctx context.Context, rows []FencedRow) (rest []int) {
	open, rest := c.known.open(rows)
	if len(open) == 0 {
		return rest
	}
	number := c.numbers(len(open))
	for k, result := range c.xadd(ctx, rows, open, number) {
		row := &rows[open[k]]
		switch err := result.Error(); {
		case isRefusedID(err):
			c.known.close(row.Lease.Room)
			rest = append(rest, open[k])
		case err != nil:
			row.Err = failure(err)
		default:
			row.At = Position{Fence: row.Lease.Fence, Number: number + uint64(k)}
		}
	}
	return rest
}

// xadd appends rows with those indexes, and ascending numbers.
func (c *Client) xadd(
	ctx context.Context, rows []FencedRow, indexes []int, number uint64,
) []rueidis.RedisResult {
	bytes := 0
	for _, i := range indexes {
		bytes += len(rows[i].Data) + len(rows[i].Lease.Room) + rowSize
	}
	text := texter{make([]byte, 0, bytes)}
	commands := make(rueidis.Commands, len(indexes))
	for k, i := range indexes {
		room := rows[i].Lease.Room
		key := text.key(c.tags[c.ShardOf(room)], "journal", room)
		id := text.id(rows[i].Lease.Fence, number+uint64(k))
		commands[k] = c.r.B().Xadd().Key(key).Nomkstream().Id(id).FieldValue().
			FieldValue("d", text.frame(room, rows[i].Data)).Build()
	}
	return c.ask(ctx, opAppend, bytes, commands...)
}

// rowSize is about how many bytes the key, the id and the frame of a row take, without the room's
// name and the data.
const rowSize = 128

// isRefusedID reports whether a row was refused as its id is not higher than the last one, or as
// there is no journal.
func isRefusedID(err error) bool {
	if rueidis.IsRedisNil(err) {
		return true
	}
	answer, ok := rueidis.IsRedisErr(err)
	return ok && (strings.Contains(answer.Error(), "The ID specified in XADD") ||
		strings.Contains(answer.Error(), "The stream has exhausted the last possible ID"))
}
