package redistest

import (
	"fmt"
	"strings"
	"testing"
)

// Cluster is a Redis Cluster of masters.
type Cluster struct{ Servers []*Server }

const slots = 16384 // of a Redis Cluster

// StartCluster starts a Redis Cluster, and returns when all of its servers call it well.
func StartCluster(t testing.TB, masters int, options ...string) *Cluster {
	t.Helper()
	c := new(Cluster)
	for range masters {
		s := prepare(t, "redis-server")
		s.begin(append([]string{
			fmt.Sprint("port ", s.port), "cluster-enabled yes", "cluster-node-timeout 2000",
			fmt.Sprint("cluster-port ", freePort(t)),
		}, options...))
		c.Servers = append(c.Servers, s)
	}
	for i, s := range c.Servers {
		s.Do("CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
		first, last := i*slots/masters, (i+1)*slots/masters-1
		s.Do("CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(first), fmt.Sprint(last))
		host, port, _ := strings.Cut(s.Addr, ":")
		bus, _ := s.Do("CONFIG", "GET", "cluster-port").([]any)
		if i > 0 && len(bus) == 2 {
			c.Servers[0].Do("CLUSTER", "MEET", host, port, fmt.Sprint(bus[1]))
		}
	}
	for _, s := range c.Servers {
		s.await("is part of a cluster", func() bool {
			info, _ := s.Do("CLUSTER", "INFO").(string)
			// Without full coverage the state is ok before all slots are known.
			return strings.Contains(info, "cluster_state:ok") &&
				strings.Contains(info, fmt.Sprint("cluster_slots_ok:", slots, "\r\n")) &&
				strings.Contains(info, fmt.Sprint("cluster_known_nodes:", masters))
		})
	}
	return c
}

// URL returns the address for clients.
func (c *Cluster) URL() string {
	url := "redis://" + c.Servers[0].Addr
	for i, s := range c.Servers[1:] {
		sign := "&"
		if i == 0 {
			sign = "?"
		}
		url += sign + "addr=" + s.Addr
	}
	return url
}
