package redis

import (
	"context"
	"strings"

	"github.com/redis/rueidis"

	"github.com/civicpress/civic-realtime/persist"
)

// Load returns the stored state of a room. What is damaged is a *persist.CorruptError: the room
// takes no snapshot of its incarnation from then on until it is quarantined.
func (c *Client) Load(ctx context.Context, room string) (RoomState, error) {
	if err := c.usable(ctx); err != nil {
		return RoomState{}, err
	}
	answer, err := array(c.run(ctx, loadScript, call{c.ShardOf(room), []string{room}})[0])
	if err != nil {
		return RoomState{}, err
	}
	if len(answer) != 5 {
		return RoomState{}, errAnswer
	}
	state := RoomState{
		Incarnation: parse(textOf(&answer[0]), 16), Version: parse(textOf(&answer[1]), 10),
	}
	if !answer[2].IsNil() {
		var damage string
		if state.Snapshot, damage = unframe(room, textOf(&answer[2])); damage != "" {
			return RoomState{}, c.corrupt(ctx, &persist.CorruptError{Room: room, Reason: damage})
		}
	}
	rows, _ := answer[4].ToArray()
	for i := range rows {
		row, err := storedRow(room, &rows[i])
		if err != nil {
			return RoomState{}, c.corrupt(ctx, err)
		}
		row.Incarnation = state.Incarnation
		state.Rows = append(state.Rows, row)
	}
	return state, nil
}

// corrupt marks the room as damaged in Redis, and returns the error.
func (c *Client) corrupt(ctx context.Context, damage *persist.CorruptError) error {
	c.counts.damage.Inc()
	_ = c.code(ctx, damagedScript, damage.Room, damage.Room)
	return damage
}

// storedRow returns an entry of a journal: its id, and a list of one field and its value.
func storedRow(room string, entry *rueidis.RedisMessage) (FencedRow, *persist.CorruptError) {
	row := FencedRow{Lease: Lease{Room: room}}
	parts, _ := entry.ToArray()
	if len(parts) != 2 {
		return row, &persist.CorruptError{Room: room, Reason: "a row has no id"}
	}
	row.At = position(textOf(&parts[0]))
	fields, _ := parts[1].ToArray()
	if len(fields) != 2 {
		return row, &persist.CorruptError{Room: room, Seq: row.At.Number, Reason: "it has no data"}
	}
	row.Lease.Fence, row.Snapshot = row.At.Fence, textOf(&fields[0]) == snapshotKind
	var damage string
	if row.Data, damage = unframe(room, textOf(&fields[1])); damage != "" {
		return row, &persist.CorruptError{Room: room, Seq: row.At.Number, Reason: damage}
	}
	return row, nil
}

// The kinds of a journal's entries.
const (
	rowKind      = "d"
	snapshotKind = "s"
)

// position parses the id of an entry: "<fence>-<number>".
func position(id string) Position {
	fence, number, _ := strings.Cut(id, "-")
	return Position{Fence: parse(fence, 10), Number: parse(number, 10)}
}
