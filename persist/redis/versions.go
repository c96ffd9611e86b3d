package redis

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/civicpress/civic-realtime/persist"
)

// keepVersion keeps a snapshot beside the room's own.
func (c *Client) keepVersion(
	ctx context.Context, room, why string, snapshot []byte, keep persist.Retention,
) error {
	return c.code(ctx, keepVersionScript, room, room, why, framed(room, snapshot),
		unixMilli(keep.Clock()), strconv.Itoa(versionsOf(keep)))
}

// versionsOf returns how many versions of a kind are kept.
func versionsOf(keep persist.Retention) int {
	if keep.Versions == 0 {
		return 10
	}
	return keep.Versions
}

// keepArgs returns the arguments that make a snapshot's script keep the one before.
func keepArgs(keep persist.Retention) []string {
	if keep.NoAutomatic {
		return nil
	}
	interval := keep.VersionInterval
	if interval == 0 {
		interval = 5 * time.Minute
	}
	return []string{strconv.Itoa(versionsOf(keep)), milliseconds(interval)}
}

// versions lists the room's versions.
func (c *Client) versions(ctx context.Context, room string) (all []persist.Version, err error) {
	command := c.r.B().Hgetall().Key(c.key("versions", room)).Build()
	stored, err := c.ask(ctx, opArchive, 0, command)[0].AsStrMap()
	if err != nil {
		return nil, failure(err)
	}
	for id, text := range stored {
		parts := strings.SplitN(text, " ", 3)
		if len(parts) != 3 {
			return nil, &persist.CorruptError{Room: room, ID: parse(id, 10), Reason: "no description"}
		}
		size, _ := strconv.Atoi(parts[1])
		all = append(all, persist.Version{
			ID: parse(id, 10), Time: timeOf(parts[0]), Why: parts[2], Size: size - frameSize,
		})
	}
	slices.SortFunc(all, func(a, b persist.Version) int { return int(int64(a.ID) - int64(b.ID)) })
	return all, nil
}

// version returns a version.
func (c *Client) version(ctx context.Context, room string, id uint64) ([]byte, error) {
	key := c.key("version:"+decimal(id), room)
	stored, err := c.ask(ctx, opArchive, maxLoad, c.r.B().Get().Key(key).Build())[0].ToString()
	if rueidis.IsRedisNil(err) {
		return nil, persist.ErrVersion
	}
	if err != nil {
		return nil, failure(err)
	}
	data, damage := unframe(room, stored)
	if damage != "" {
		c.counts.damage.Inc()
		return nil, &persist.CorruptError{Room: room, ID: id, Reason: damage}
	}
	return data, nil
}

func unixMilli(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// timeOf parses milliseconds since 1970; 0 is the zero time.
func timeOf(text string) time.Time {
	if n, _ := strconv.ParseInt(text, 10, 64); n != 0 {
		return time.UnixMilli(n)
	}
	return time.Time{}
}
