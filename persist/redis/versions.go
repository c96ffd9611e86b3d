package redis

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/civicpress/civic-realtime/persist"
)

// keepVersion keeps a snapshot beside the room's own, and returns its id.
func (c *Client) keepVersion(
	ctx context.Context, room string, v persist.Version, snapshot []byte, keep persist.Retention,
) (id uint64, err error) {
	args := append([]string{
		room, unixMilli(keep.Clock()), framed(room, snapshot), v.Why, v.Name, v.By, v.ByName, v.For,
		decimal(v.RestoredFrom),
	}, limitArgs(keep)...)
	answer, err := c.versionNumber(ctx, keepVersionScript, room, keep, args...)
	return uint64(answer), err
}

// renameVersion gives a version another name.
func (c *Client) renameVersion(
	ctx context.Context, room string, id uint64, name string, keep persist.Retention,
) error {
	args := append([]string{room, decimal(id), name}, limitArgs(keep)...)
	_, err := c.versionNumber(ctx, renameVersionScript, room, keep, args...)
	return err
}

// deleteVersion deletes a version.
func (c *Client) deleteVersion(ctx context.Context, room string, id uint64) error {
	_, err := c.versionNumber(
		ctx, deleteVersionScript, room, persist.Retention{}, room, decimal(id))
	return err
}

// versionNumber runs a script, which answers a number, minus one if there is no such version, or
// minus two if there would be too many with names.
func (c *Client) versionNumber(
	ctx context.Context, s *script, room string, keep persist.Retention, args ...string,
) (int64, error) {
	answer, err := c.run(ctx, s, call{c.ShardOf(room), args})[0].AsInt64()
	switch {
	case err != nil:
		return 0, failure(err)
	case answer == -1:
		return 0, persist.ErrVersion
	case answer == -2:
		return 0, fmt.Errorf("%w: %d", persist.ErrNamed, keep.MaxNamed())
	}
	return answer, nil
}

// sweptRooms is at how many rooms of a shard one call of dropVersions looks.
const sweptRooms = 256

// dropVersions deletes versions that are too old, of the rooms after those that it has looked at
// before.
func (c *Client) dropVersions(
	ctx context.Context, now time.Time, keep persist.Retention,
) (versions int, err error) {
	c.sweepMu.Lock()
	defer c.sweepMu.Unlock()
	if c.swept == nil {
		c.swept = make([]string, len(c.tags))
	}
	for shard := range c.tags {
		args := append([]string{
			c.swept[shard], strconv.Itoa(sweptRooms), unixMilli(now),
		}, limitArgs(keep)...)
		answer, err := texts(c.run(ctx, dropVersionsScript, call{shard, args})[0])
		if err != nil {
			return versions, err
		}
		if len(answer) != 2 {
			return versions, errAnswer
		}
		n, _ := strconv.Atoi(answer[0])
		versions, c.swept[shard] = versions+n, answer[1]
	}
	return versions, nil
}

// limitArgs returns the arguments that say which versions are deleted: how many there are without a
// name, their age in milliseconds, their size in bytes, and how many with a name.
func limitArgs(keep persist.Retention) []string {
	return []string{
		strconv.Itoa(versionsOf(keep)), milliseconds(keep.MaxAge),
		strconv.FormatInt(keep.Bytes, 10), strconv.Itoa(keep.MaxNamed()),
	}
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
	return append([]string{milliseconds(interval)}, limitArgs(keep)...)
}

// versions lists the room's versions.
func (c *Client) versions(ctx context.Context, room string) (all []persist.Version, err error) {
	command := c.r.B().Hgetall().Key(c.key("versions", room)).Build()
	stored, err := c.ask(ctx, opArchive, 0, command)[0].AsStrMap()
	if err != nil {
		return nil, failure(err)
	}
	for id, text := range stored {
		v, ok := parseVersion(text)
		if v.ID = parse(id, 10); !ok {
			return nil, &persist.CorruptError{Room: room, ID: v.ID, Reason: "no description"}
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b persist.Version) int { return int(int64(a.ID) - int64(b.ID)) })
	return all, nil
}

// parseVersion reads the description of a version: "TIME SIZE WHY", or
// "TIME SIZE+KEPT,RESTORED,LENGTHS WHY…", with the lengths of the reason, the name and three texts
// about users, which follow one another without separators. An earlier release of another node that
// shares the Redis takes all of them for the reason.
func parseVersion(text string) (v persist.Version, ok bool) {
	at, rest, ok := strings.Cut(text, " ")
	size, rest, found := strings.Cut(rest, " ")
	if !ok || !found {
		return v, false
	}
	size, more, extended := strings.Cut(size, "+")
	n, _ := strconv.Atoi(size)
	v.Time, v.Size, v.Why = timeOf(at), n-frameSize, rest
	if !extended {
		return v, true
	}
	numbers := strings.Split(more, ",")
	texts := []*string{&v.Why, &v.Name, &v.By, &v.ByName, &v.For}
	if len(numbers) != 2+len(texts) {
		return v, false
	}
	v.Kept, v.RestoredFrom = timeOf(numbers[0]), parse(numbers[1], 10)
	for i, text := range texts {
		length, err := strconv.Atoi(numbers[2+i])
		if err != nil || length < 0 || length > len(rest) {
			return v, false
		}
		*text, rest = rest[:length], rest[length:]
	}
	return v, rest == ""
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
