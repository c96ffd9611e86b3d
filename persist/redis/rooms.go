package redis

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// listed is how many rooms one call of a script describes.
const listed = 256

// roomParts is how many texts a script says about a room.
const roomParts = 6

// rooms lists the rooms for which something is stored, in order of their names.
func (c *Client) rooms(ctx context.Context) (all []persist.Room, err error) {
	after := make([]string, len(c.tags))
	left := make([]call, len(c.tags))
	for i := range left {
		left[i] = call{i, []string{"", strconv.Itoa(listed)}}
	}
	for len(left) > 0 {
		var more []call
		for i, result := range c.run(ctx, roomsScript, left...) {
			rooms, err := described(texts(result))
			if err != nil {
				return all, err
			}
			all = append(all, rooms...)
			if shard := left[i].shard; len(rooms) == listed {
				after[shard] = rooms[listed-1].Key
				more = append(more, call{shard, []string{after[shard], strconv.Itoa(listed)}})
			}
		}
		left = more
	}
	slices.SortFunc(all, func(a, b persist.Room) int { return cmp.Compare(a.Key, b.Key) })
	return all, nil
}

// room describes a room.
func (c *Client) room(ctx context.Context, room string) (persist.Room, error) {
	one := call{c.ShardOf(room), []string{"", "0", room}}
	rooms, err := described(texts(c.run(ctx, roomsScript, one)[0]))
	if err != nil {
		return persist.Room{}, err
	}
	return rooms[0], nil
}

// described returns the rooms that a script describes.
func described(parts []string, err error) (rooms []persist.Room, _ error) {
	if err == nil && len(parts)%roomParts != 0 {
		err = errAnswer
	}
	if err != nil {
		return nil, err
	}
	for p := range slices.Chunk(parts, roomParts) {
		size, _ := strconv.Atoi(p[2])
		rows, _ := strconv.Atoi(p[3])
		versions, _ := strconv.Atoi(p[4])
		rooms = append(rooms, persist.Room{
			Key: p[0], Saved: timeOf(p[1]), Snapshot: max(size-frameSize, -1), Rows: rows,
			Versions: versions, Expires: timeOf(p[5]),
		})
	}
	return rooms, nil
}

// dropExpired drops the rooms that have expired, that no other node has, and for which no late
// update waits. Of each a tombstone stays.
func (c *Client) dropExpired(
	ctx context.Context, now time.Time, node string,
) (rooms int, err error) {
	for shard := range c.tags {
		for passed := 0; ; {
			left := 0
			args := []string{
				unixMilli(now), node, strconv.Itoa(passed), strconv.Itoa(listed),
				milliseconds(c.config.Tombstone),
			}
			answer, err := numbers(c.run(ctx, dropScript, call{shard, args})[0], 2)
			if err != nil {
				return rooms, err
			}
			rooms += int(answer[0])
			left = int(answer[1])
			if int(answer[0])+left < listed {
				break
			}
			passed += left
		}
	}
	return rooms, nil
}

// setAside is how long stays what was set aside, and whatever else is only for people to look at.
const setAside = 30 * 24 * time.Hour

// quarantine moves the snapshot and the journal of a room aside, unless another node has it.
func (c *Client) quarantine(ctx context.Context, room, node string) error {
	return c.code(ctx, quarantineScript, room, room, node, milliseconds(setAside))
}
