package doctor

import (
	"context"
	"time"
)

const (
	// redisTimeout bounds the questions to Redis.
	redisTimeout = 10 * time.Second
	// slowRedis is how long Redis may take to answer without a remark. Each tick waits for it.
	slowRedis = 20 * time.Millisecond
	// slowNode is how long another node may take.
	slowNode = 100 * time.Millisecond
)

// checkRedis asks the servers of Redis for their settings.
func checkRedis(ctx context.Context, s *Subject) (found []Finding) {
	if s.Redis == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	servers, took, err := s.Redis(ctx)
	if err != nil {
		return []Finding{fail("start Redis, or correct redis.url; without it no other room can be opened",
			"Redis does not answer: %v", err)}
	}
	for _, server := range servers {
		found = append(found, server.findings()...)
	}
	took = took.Round(100 * time.Microsecond)
	if took > slowRedis {
		return append(found, warn("put Redis nearer to the nodes, or on a faster machine",
			"an answer takes %v: with cluster.durability: redis people wait that long for each other's edits", took))
	}
	return append(found, ok("an answer takes %v", took))
}

// findings returns what is to be said of a server.
func (r *RedisServer) findings() (found []Finding) {
	for _, why := range r.Refusals {
		found = append(found, fail("correct that, or nodes do not start", "%s: %s", r.Address, why))
	}
	for _, why := range r.Warnings {
		found = append(found, warn("docs/cluster.md says what is guaranteed", "%s: %s", r.Address, why))
	}
	if len(found) == 0 {
		found = append(found, ok("%s is a %s of version %s, with %d replicas",
			r.Address, r.Role, r.Version, r.Replicas))
	}
	return found
}

// checkNodes asks the running server for the other nodes.
func checkNodes(ctx context.Context, s *Subject) (found []Finding) {
	if s.Nodes == nil || !s.running() {
		return nil
	}
	nodes, err := s.Nodes(ctx)
	if err != nil {
		return []Finding{warn("see the log of the server", "its nodes cannot be listed: %v", err)}
	}
	for _, node := range nodes {
		found = append(found, node.finding())
	}
	return found
}

// finding returns what is to be said of a node.
func (n *Node) finding() Finding {
	switch {
	case n.Silent:
		return fail("see whether it runs, and whether this machine reaches cluster.advertise of that one",
			"%s at %s does not answer", n.Name, n.Address)
	case n.NotReady != "":
		return warn("see its log", "%s at %s is not ready: %s", n.Name, n.Address, n.NotReady)
	case n.Ahead.Abs() > driftWarn+n.RoundTrip/2:
		return warn("synchronize the clocks of the machines (NTP)",
			"the clock of %s at %s is %v ahead", n.Name, n.Address, n.Ahead.Round(time.Millisecond))
	case n.RoundTrip > slowNode:
		return warn("put the nodes nearer to each other: connections that are passed on wait as long",
			"%s at %s takes %v to answer", n.Name, n.Address, n.RoundTrip.Round(time.Millisecond))
	case n.Self:
		return ok("%s is the running server, at %s", n.Name, n.Address)
	}
	return ok("%s at %s answers in %v", n.Name, n.Address, n.RoundTrip.Round(100*time.Microsecond))
}
