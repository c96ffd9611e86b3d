package redis

import (
	"context"
	"crypto/sha256"

	"github.com/redis/rueidis"

	"github.com/civicpress/civic-realtime/persist"
)

// maxLate is how many numbers are set aside for late updates of a room.
const maxLate = 1 << 16

// TakeLate moves the late updates of the room's incarnation into its journal, in one step, and
// returns them as they are there. Those of other incarnations are returned in others, once.
func (c *Client) TakeLate(
	ctx context.Context, lease Lease, incarnation uint64,
) (rows []FencedRow, others []Late, err error) {
	if err := c.usable(ctx); err != nil {
		return nil, nil, err
	}
	number := c.number.Add(maxLate) - maxLate + 1
	args := []string{lease.Room, held(lease), digits(incarnation), decimal(number)}
	result := c.run(ctx, takeLateScript, call{c.ShardOf(lease.Room), args})[0]
	if code, err := result.ToInt64(); err == nil {
		return nil, nil, refused(code)
	}
	answer, err := array(result)
	if err != nil {
		return nil, nil, err
	}
	for i := 0; i+1 < len(answer); i += 2 {
		late, damage := storedLate(lease.Room, textOf(&answer[i+1]))
		if damage != "" {
			c.counts.damage.Inc()
			err = &persist.CorruptError{Room: lease.Room, Reason: "a late update: " + damage}
			continue
		}
		if id := textOf(&answer[i]); id != "" {
			rows = append(rows, FencedRow{
				Lease: lease, Incarnation: incarnation, Snapshot: late.Snapshot, Data: late.Data,
				At: position(id),
			})
		} else {
			others = append(others, late)
		}
	}
	return rows, others, err
}

// storedLate returns a late update: 16 digits of its incarnation, its kind, and the frame.
func storedLate(room, value string) (Late, string) {
	if len(value) < 17 {
		return Late{}, "it is cut off"
	}
	data, damage := unframe(room, value[17:])
	return Late{
		Room: room, Incarnation: parse(value[:16], 16), Snapshot: value[16:17] == snapshotKind,
		Data: data,
	}, damage
}

// Late returns the late updates of a room, and leaves them where they are.
func (c *Client) Late(ctx context.Context, room string) (all []Late, err error) {
	if err := c.usable(ctx); err != nil {
		return nil, err
	}
	command := c.r.B().Hvals().Key(c.key("late", room)).Build()
	values, err := c.ask(ctx, opLate, maxLoad, command)[0].AsStrSlice()
	if err != nil {
		return nil, failure(err)
	}
	for _, value := range values {
		late, damage := storedLate(room, value)
		if damage != "" {
			c.counts.damage.Inc()
			err = &persist.CorruptError{Room: room, Reason: "a late update: " + damage}
			continue
		}
		all = append(all, late)
	}
	return all, err
}

// OfferLate adds late updates to their rooms' lists, in one pipeline, and sets Err of each. One
// that is there already is not added again. It fails if all fail.
func (c *Client) OfferLate(ctx context.Context, late []Late) error {
	if err := c.usable(ctx); err != nil || len(late) == 0 {
		return err
	}
	b := c.newCalls()
	for i := range late {
		l := &late[i]
		kind := rowKind
		if l.Snapshot {
			kind = snapshotKind
		}
		value := make([]byte, 0, 17+frameSize+len(l.Data))
		value = append(append(value, digits(l.Incarnation)...), kind...)
		value = frame(value, l.Room, l.Data)
		hash := sha256.Sum256(value)
		b.add(c.ShardOf(l.Room), i, l.Room, string(hash[:16]), rueidis.BinaryString(value))
	}
	return b.each(c.run(ctx, offerLateScript, b.list...), func(i int, n int64, err error) {
		if late[i].Err = err; err == nil {
			late[i].Err = refused(n)
		}
	})
}

// Dropped says for each room whether the incarnation of the same index was dropped.
func (c *Client) Dropped(
	ctx context.Context, rooms []string, incarnations []uint64,
) ([]bool, error) {
	if err := c.usable(ctx); err != nil {
		return nil, err
	}
	commands := make(rueidis.Commands, len(rooms))
	for i, room := range rooms {
		commands[i] = c.r.B().Get().Key(c.key("gone", room)).Build()
	}
	dropped := make([]bool, len(rooms))
	for i, result := range c.ask(ctx, opLate, 0, commands...) {
		value, err := result.ToString()
		if err != nil && !rueidis.IsRedisNil(err) {
			return nil, failure(err)
		}
		dropped[i] = len(value) > 16 && digits(incarnations[i]) <= value[:16]
	}
	return dropped, nil
}
