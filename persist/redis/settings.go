package redis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/rueidis"
)

// Settings are the settings of a server that matter to what is stored there. What a server does not
// say, as some that are hosted, is empty.
type Settings struct {
	Server    string // host:port
	Role      string // master or slave
	Version   string
	Replicas  int    // that are connected
	Wanted    int    // Config.Replicas
	Eviction  string // maxmemory-policy
	MaxMemory int64  // bytes; 0: no limit
	Used      int64  // bytes

	AppendOnly  bool
	AppendFsync string // always, everysec, no
	Snapshots   string // the option "save"
	MinReplicas int    // without which a master takes no writes
	WaitAOF     bool   // it can say what has reached its disk (7.2)

	Err error // it could not be asked
}

// Settings asks all servers that the client knows: of a Redis Cluster all of them.
func (c *Client) Settings(ctx context.Context) ([]Settings, error) {
	if err := c.usable(ctx); err != nil {
		return nil, err
	}
	var all []Settings
	for addr, node := range c.r.Nodes() {
		all = append(all, c.settings(ctx, addr, node))
	}
	slices.SortFunc(all, func(a, b Settings) int { return cmp.Compare(a.Server, b.Server) })
	return all, nil
}

// settings asks one server.
func (c *Client) settings(ctx context.Context, addr string, node rueidis.Client) Settings {
	ctx, cancel := c.limit(ctx, 0)
	defer cancel()
	s := Settings{Server: addr, Wanted: c.config.Replicas}
	text, err := node.Do(ctx, node.B().Info().Build()).ToString()
	if err != nil {
		s.Err = failure(err)
		return s
	}
	info := parseInfo(text)
	s.Role, s.Version = info["role"], info["redis_version"]
	s.Eviction, s.AppendOnly = info["maxmemory_policy"], info["aof_enabled"] == "1"
	s.Replicas, _ = strconv.Atoi(info["connected_slaves"])
	s.MaxMemory, _ = strconv.ParseInt(info["maxmemory"], 10, 64)
	s.Used, _ = strconv.ParseInt(info["used_memory"], 10, 64)
	s.configured(ctx, node)
	known, err := node.Do(ctx, node.B().CommandInfo().CommandName("WAITAOF").Build()).ToArray()
	s.WaitAOF = err == nil && len(known) == 1 && !known[0].IsNil()
	return s
}

// parseInfo returns the fields of an answer of INFO.
func parseInfo(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info
}

// configured asks for what only CONFIG says, which need not be allowed.
func (s *Settings) configured(ctx context.Context, node rueidis.Client) {
	options, err := node.Do(ctx, node.B().ConfigGet().
		Parameter("appendfsync", "save", "min-replicas-to-write").Build()).AsStrMap()
	if err != nil {
		return
	}
	s.AppendFsync, s.Snapshots = options["appendfsync"], options["save"]
	s.MinReplicas, _ = strconv.Atoi(options["min-replicas-to-write"])
}

// oldest is the major number of the oldest version whose streams and scripts do what is needed.
const oldest = 7

// Refusals returns why rooms must not be kept on the server. There is none for a replica, but for
// the next master.
func (s Settings) Refusals() (why []string) {
	if s.Err != nil {
		return []string{s.Err.Error()}
	}
	major, _, _ := strings.Cut(s.Version, ".")
	if n, err := strconv.Atoi(major); err == nil && n < oldest {
		why = append(why, "version "+s.Version+" is too old: 7.0 or later is needed")
	}
	if s.Eviction != "" && s.Eviction != "noeviction" {
		why = append(why, "maxmemory-policy "+s.Eviction+" deletes rooms when memory is short: "+
			"set it to noeviction")
	}
	return why
}

// Warnings returns what may lose updates. durable says that what was broadcast need not be
// anywhere else (cluster.durability: redis).
func (s Settings) Warnings(durable bool) (why []string) {
	if s.Err != nil {
		return nil
	}
	switch {
	case !s.AppendOnly && s.Snapshots == "" && s.Replicas == 0:
		why = append(why, "nothing is kept on the disk, and there is no replica: a restart loses "+
			"the rooms, which nodes put back from their disks")
	case !s.AppendOnly:
		why = append(why, "appendonly is no: a restart loses what came after the last snapshot")
	case durable && s.AppendFsync != "always" && s.AppendFsync != "":
		why = append(why, "appendfsync "+s.AppendFsync+" loses up to a second when the machine dies")
	}
	if s.Replicas > 0 && s.MinReplicas == 0 && s.Role == "master" {
		why = append(why, "min-replicas-to-write is 0: a master that is cut off from its replicas "+
			"goes on, and what it took is lost at a failover, but for what nodes put back")
	}
	if s.Replicas < s.Wanted && s.Role == "master" {
		why = append(why, fmt.Sprintf("it has %d of %d replicas (redis.replicas): updates wait for them",
			s.Replicas, s.Wanted))
	}
	if s.MaxMemory > 0 && s.Used > s.MaxMemory/10*8 {
		why = append(why, "more than 80 % of maxmemory is used: writes fail when it is full")
	}
	return why
}
