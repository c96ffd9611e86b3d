package redistest

import (
	"fmt"
	"strings"
	"testing"
)

// Sentinels are a server with replicas, and sentinels that make a replica the new master when it
// dies.
type Sentinels struct {
	Servers   []*Server // the first is the first master
	Sentinels []*Server
}

// masterName is the name of the servers among the sentinels.
const masterName = "town"

// StartSentinels starts a master, replicas, and three sentinels, and returns when each sentinel
// knows all of them.
func StartSentinels(t testing.TB, replicas int, options ...string) *Sentinels {
	t.Helper()
	master := Start(t, options...)
	c := &Sentinels{Servers: []*Server{master}}
	for range replicas {
		c.Servers = append(c.Servers, master.Replica(options...))
	}
	host, port, _ := strings.Cut(master.Addr, ":")
	for range 3 {
		c.Sentinels = append(c.Sentinels, launch(t, "redis-sentinel", []string{
			fmt.Sprintf("sentinel monitor %s %s %s 2", masterName, host, port),
			fmt.Sprintf("sentinel down-after-milliseconds %s 500", masterName),
			fmt.Sprintf("sentinel failover-timeout %s 3000", masterName),
		}))
	}
	for _, s := range c.Sentinels {
		s.await("knows all", func() bool {
			text, _ := s.Do("INFO", "sentinel").(string)
			return strings.Contains(text, fmt.Sprintf("status=ok,address=%s,slaves=%d,sentinels=3",
				master.Addr, replicas))
		})
	}
	return c
}

// URL returns the address for clients.
func (c *Sentinels) URL() string {
	url := fmt.Sprintf("redis://%s?master_set=%s", c.Sentinels[0].Addr, masterName)
	for _, s := range c.Sentinels[1:] {
		url += "&addr=" + s.Addr
	}
	return url
}

// Master returns the server that the sentinels name as the master.
func (c *Sentinels) Master() *Server {
	s := c.Sentinels[0]
	s.t.Helper()
	reply, _ := s.Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName).([]any)
	for _, server := range c.Servers {
		if len(reply) == 2 && server.Addr == fmt.Sprintf("%v:%v", reply[0], reply[1]) {
			return server
		}
	}
	s.t.Fatalf("the sentinels name no master: %v", reply)
	return nil
}

// Failover kills the master, and returns when another server takes writes in its place: that one.
func (c *Sentinels) Failover() *Server {
	old := c.Master()
	old.t.Helper()
	old.Kill()
	c.Sentinels[0].await("has a new master", func() bool {
		now := c.Master()
		return now != old && now.value("role") == "master"
	})
	return c.Master()
}
