package cluster

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// TestCases shows for each case that docs/cluster.md promises something about that everything that
// any client was shown is there at the end, no text twice, that there is one draft for each change
// and none older than one before, and that clients converge that nobody restarts. Moments are
// random; CHAOS_ROUNDS is how often each case is run, once by default.
func TestCases(t *testing.T) {
	t.Parallel()
	rounds := max(1, number("CHAOS_ROUNDS"))
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"1-kill", testKill},
		{"2-pause", testPause},
		{"3-cut", testCut},
		{"4-Redis", testRedis},
		{"5-failover", testFailover},
		{"6-rolling", testRolling},
		{"7-clone", testClone},
		{"8-deletes", testDeletes},
		{"9-changed", testChanged},
		{"10-releases", testReleases},
		{"11-emptied", testEmptied},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if rounds == 1 {
				test.run(t)
				return
			}
			for round := range rounds {
				t.Run(fmt.Sprint(round), test.run)
			}
		})
	}
}

// number returns the number in a variable of the environment, 0 if there is none.
func number(name string) int {
	n, _ := strconv.Atoi(os.Getenv(name))
	return n
}

// lease is how long a node that is not heard of keeps its rooms in most cases.
const lease = 3 * time.Second

// What nodes log of the faults that tests make.
var (
	paused = []string{
		"leases of rooms are lost", "drafts cannot be saved; they are kept and tried again",
		// For a call that was under way:
		"Redis cannot be reached", "updates cannot be sent to Redis; they wait",
	}
	away = append([]string{
		"work on a room of the cluster failed; it is tried again",
		"room does not expire", "room cannot be kept from expiring", // it is tried again before it expires
	}, paused...)
	awaited = append([]string{
		"journal cannot be written; updates wait", "journal refuses updates of a room; they wait",
	}, away...) // with durability: redis
	another = append([]string{
		"Redis has failed over, was restarted or emptied: what it may have lost is put back",
		"what Redis may have lost cannot be put back yet",
	}, awaited...)
)

// excuses adds warnings and errors that the test causes.
func (c *cluster) excuses(texts []string) { c.excuse = append(c.excuse, texts...) }

// testKill kills the owner of rooms with the leases of the default configuration.
func testKill(t *testing.T) {
	c := newCluster(t, setup{redis: redistest.Start(t), lease: "10s"})
	c.room("minutes", 0, 1, 2)
	c.room("by-law", 0, 0, 1)
	c.page("pages", 3)
	c.page("pages", 2)
	c.types()
	began := time.Now()
	c.kill(0)
	c.bound("from the kill until all type again", c.awaitTyping(began), 15*time.Second)
	c.types()
	c.restart(0)
	c.types()
	c.settle()
}

// everybodyLeaves lets the typists of a room go when everything that they have typed is
// acknowledged. They do not come back.
func (c *cluster) everybodyLeaves(room string) {
	c.t.Helper()
	var all []*typist
	for _, p := range c.typists {
		if p.h.room == room {
			all = append(all, p)
			p.mu.Lock()
			p.still = true
			p.mu.Unlock()
		}
	}
	c.until("everything in "+room+" is acknowledged", func() bool { return differences(all) == "" })
	for _, p := range all {
		p.leave()
		p.away = true
	}
}

// testPause stops the owner for longer than its lease, between the two calls in which it saves a
// draft, and lets it go on.
func testPause(t *testing.T) {
	c := newCluster(t, setup{redis: redistest.Start(t)})
	h := c.room("minutes", 0, 1, 2)
	c.types()
	c.excuses(paused)
	var once sync.Once
	stopped := make(chan string, 1)
	c.site.on(func(by *node, _, room string) {
		if by == c.nodes[0] && room == h.room {
			once.Do(func() { stopped <- by.pause() })
		}
	})
	var addr string
	select {
	case addr = <-stopped:
	case <-time.After(patience):
		t.Fatal("no draft is saved")
	}
	began := time.Now()
	c.stopped()
	c.opened()
	t.Logf("all type again %v after the stop", c.awaitTyping(began))
	c.idle(lease+time.Second, lease)
	c.nodes[0].resume(addr)
	c.opened()
	c.types()
	c.settle()
}

// testCut cuts the line between an owner and Redis, with clients on both sides, and heals it. What
// is written into one of the rooms on the side of the owner is on its disk alone by then, as its
// clients have left.
func testCut(t *testing.T) {
	c := newCluster(t, setup{redis: redistest.Start(t)})
	minutes, plan := c.room("minutes", 0, 0, 0), c.room("plan", 0, 0)
	c.types()
	c.excuses(away)
	if c.random.IntN(2) == 0 {
		c.lines[0].Cut()
	} else {
		c.lines[0].Withhold()
	}
	c.stopped()
	c.types()
	c.everybodyLeaves("plan")
	c.idle(lease+time.Second, time.Second) // then the next client's node takes the rooms over
	began := time.Now()
	for i, h := range []*history{minutes, plan} {
		c.typist(h, 1, jsonWire{})
		c.typist(h, 1+i, yWebsocket{})
	}
	t.Logf("all type %v after clients have come to the other side", c.awaitTyping(began))
	c.idle(0, lease)
	c.lines[0].Heal()
	c.types()
	c.settle()
}

// testRedis kills Redis, starts it again, stops it for some time, and empties it.
func testRedis(t *testing.T) {
	server := redistest.Start(t, "appendonly yes")
	c := newCluster(t, setup{redis: server})
	c.room("minutes", 0, 1, 2)
	c.room("by-law", 1, 2)
	c.types()
	c.excuses(another)
	for _, fault := range []struct {
		name       string
		begin, end func()
	}{
		{"killed", server.Kill, server.Restart},
		{"stopped", server.Pause, server.Resume},
		{"emptied", server.Flush, func() {}},
	} {
		fault.begin()
		c.stopped()
		began := time.Now()
		t.Logf("Redis is %s: all type after %v", fault.name, c.awaitTyping(began))
		c.idle(0, 2*lease)
		fault.end()
		c.types()
	}
	c.kill(1)
	c.types()
	c.restart(1)
	c.types()
	c.settle()
}

// testFailover makes a replica that lacks the last seconds take over.
func testFailover(t *testing.T) {
	s := redistest.StartSentinels(t, 1)
	c := newCluster(t, setup{sentinels: s})
	c.room("minutes", 0, 1, 2)
	c.room("by-law", 1, 2)
	c.types()
	c.excuses(another)
	replica(s).CutOff()
	c.types()
	began := time.Now()
	c.stopped()
	s.Failover()
	t.Logf("all type %v after the failover", c.awaitTyping(began))
	c.types()
	c.kill(0)
	c.types()
	c.restart(0)
	c.types()
	c.settle()
}

// replica returns the server that is not the master.
func replica(s *redistest.Sentinels) *redistest.Server {
	for _, server := range s.Servers {
		if server != s.Master() {
			return server
		}
	}
	return nil
}

// testRolling restarts all nodes, one after the other.
func testRolling(t *testing.T) {
	c := newCluster(t, setup{redis: redistest.Start(t)})
	c.room("minutes", 0, 1, 2)
	c.room("by-law", 1, 2, 0)
	c.room("plan", 2, 0, 1)
	c.page("pages", 3)
	c.types()
	for i, n := range c.nodes {
		began := time.Now()
		n.shut()
		c.opened()
		took := n.terminate()
		again := c.awaitTyping(began)
		c.bound(n.name+" drains", took, 2*time.Second)
		c.bound("until all type again", again, 2*time.Second)
		c.bound("the longest that an update waits", c.longestWait(began), time.Second)
		c.restart(i)
		c.types()
	}
	c.settle()
}

// testClone starts another node with a copy of the data of a node, which is older than what the
// others have by then. One of the rooms has updates that Redis does not have, and that no client
// has that comes back: they are on the disk of the node that is killed, and on the copy.
func testClone(t *testing.T) {
	s := setup{redis: redistest.Start(t)}
	c := newCluster(t, s)
	c.room("minutes", 0, 1, 2)
	c.room("by-law", 0, 0)
	c.types()
	c.excuses(away)
	c.lines[0].Cut()
	c.types()
	c.everybodyLeaves("by-law")
	c.kill(0)
	c.lines[0].Heal()
	c.addNode(s, 3)
	c.nodes[3].dir = copyData(t, c.nodes[0].dir)
	c.restart(0)
	c.types()
	c.restart(3)
	c.types()
	for _, i := range []int{0, 1, 2} { // the clone has the rooms then
		c.kill(i)
	}
	c.types()
	for _, i := range []int{0, 1, 2} {
		c.restart(i)
	}
	c.types()
	c.settle()
}

// testDeletes makes a failover lose nothing but deletions: afterwards Redis' state vector is the
// nodes', and its document is not. All clients leave before, and the owner is killed, so that its
// disk alone has them.
func testDeletes(t *testing.T) {
	master := redistest.Start(t)
	replica := master.Replica()
	c := newCluster(t, setup{redis: master})
	c.room("minutes", 0, 1, 2)
	c.types()
	for _, p := range c.typists {
		p.mu.Lock()
		p.still = true
		p.mu.Unlock()
	}
	c.until("everything is acknowledged", func() bool { return differences(c.typists) == "" })
	c.until("the replica has it", func() bool { return master.Info("master_repl_offset") == replica.Info("master_repl_offset") })
	replica.CutOff()
	for _, p := range c.typists {
		p.mu.Lock()
		for len(p.words) > 1 { // one stays, so that its author has a paragraph
			p.erase(0)
		}
		p.mu.Unlock()
	}
	c.everybodyLeaves("minutes")
	c.stopped()
	c.excuses(another)
	master.Kill()
	replica.Promote()
	for _, l := range c.lines {
		l.SetTargets(replica.Addr)
	}
	c.kill(0)
	c.restart(0)
	reader := c.reader(c.rooms[0])
	c.until("the deletions are back", func() bool {
		reader.mu.Lock()
		defer reader.mu.Unlock()
		return len(c.rooms[0].lost(&reader.doc, nil)) == 0
	})
	reader.leave()
	c.settle()
}

// testChanged lets two nodes at once open rooms whose records were changed since they were closed.
func testChanged(t *testing.T) {
	c := newCluster(t, setup{redis: redistest.Start(t), more: "  rooms: {grace_period_ms: 100}\n"})
	for i := range 4 {
		c.room(fmt.Sprint("record-", i), i%3)
	}
	c.types()
	for _, h := range c.rooms {
		c.everybodyLeaves(h.room)
		c.settleRoom(h)
	}
	c.until("rooms are unloaded", func() bool {
		return c.nodes[0].metric("realtime_rooms")+c.nodes[1].metric("realtime_rooms")+c.nodes[2].metric("realtime_rooms") == 0
	})
	for _, h := range c.rooms {
		draft, _ := c.site.api.Draft(h.room)
		h.seed = append(h.seed, "Somebody adds to "+h.room+".")
		c.outside++
		c.site.api.PutDraft(h.room, draft+"\n\n"+h.seed[1])
	}
	for _, h := range c.rooms {
		c.typist(h, 1, yWebsocket{})
		c.typist(h, 2, jsonWire{})
	}
	c.types()
	for _, h := range c.rooms {
		reader := c.reader(h)
		c.until("the change is in "+h.room, func() bool {
			reader.mu.Lock()
			defer reader.mu.Unlock()
			text, err := markdownOf(&reader.doc)
			return err == nil && strings.Contains(text, h.seed[1])
		})
		reader.leave()
	}
	c.settle()
}

// testEmptied kills the owner of rooms and empties Redis, so that the rooms begin anew with the
// drafts of their records, onto which the clients' documents are rebased.
func testEmptied(t *testing.T) {
	server := redistest.Start(t)
	c := newCluster(t, setup{redis: server})
	c.room("minutes", 0, 1, 2, 0)
	c.room("by-law", 0, 2)
	c.types()
	c.idle(2*time.Second, time.Second) // some of the words are in drafts
	c.excuses(another)
	c.excuses([]string{replaced})
	c.emptied = true
	c.kill(0)
	server.Flush()
	c.types()
	c.restart(0)
	c.types()
	c.settle()
	for _, h := range c.rooms {
		if !h.anew {
			t.Errorf("%s did not begin anew", h.room)
		}
	}
}
