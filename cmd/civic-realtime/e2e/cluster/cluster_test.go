package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/cluster/faultproxy"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// cluster is a number of nodes, the Redis that they share, CivicPress' stand-in, and clients.
type cluster struct {
	t      *testing.T
	random *rand.Rand // of the test's goroutine
	site   *site
	nodes  []*node
	lines  []*faultproxy.Proxy // from each node to Redis
	door   *faultproxy.Proxy   // balancer for clients that have one address
	rooms  []*history

	ctx      context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup
	typists  []*typist
	pages    []*page
	typing   []processes.Call // the commands in which pages type
	emptied  bool             // Redis was, maybe while nodes were away
	without  int              // times that it was while nodes were away
	outside  int              // changes of records by other programs
	excuse   []string         // texts of warnings and errors that the test causes
	excluded func(client uint64) bool
	found    map[string]int // what the checker has found, in tests of the checker; else nil
}

// setup is how a cluster is made. Zero fields have the defaults of their comments.
type setup struct {
	nodes      int                  // 3
	url        string               // of Redis; "": that of redis, over a line for each node
	redis      *redistest.Server    // nil: one of its own, unless url is set
	sentinels  *redistest.Sentinels // instead of redis
	lease      string               // 3s
	durability string               // node
	more       string               // further lines of the section realtime
	alone      bool                 // a single node without Redis
	binaries   []string             // of the nodes, in order; the last one counts for the others
}

// seedFor returns the seed of everything random in a test: that of CHAOS_SEED, or another each
// time. A failure's log has it.
func seedFor(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64N(1 << 32)
	if given, err := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("CHAOS_SEED=%d", seed)
	return seed
}

// expected are warnings of each start: tests' Redis keeps nothing on the disk.
var expected = []string{"Redis may lose something"}

// newCluster starts the nodes.
func newCluster(t *testing.T, s setup) *cluster {
	t.Helper()
	c := &cluster{t: t, random: rand.New(rand.NewPCG(seedFor(t), 0)), site: newSite(t), excuse: slices.Clone(expected)}
	c.ctx, c.stop = context.WithCancel(context.Background())
	door, err := faultproxy.New()
	if err != nil {
		t.Fatal(err)
	}
	c.door = door
	t.Cleanup(func() {
		c.stop()
		c.running.Wait()
		door.Close()
		for _, l := range c.lines {
			l.Close()
		}
	})
	for i := range cmp.Or(s.nodes, 3) {
		c.addNode(s, i)
	}
	var starting sync.WaitGroup
	for _, n := range c.nodes {
		starting.Go(n.start)
	}
	starting.Wait()
	if t.Failed() {
		t.FailNow()
	}
	c.opened()
	return c
}

// addNode makes a node, and its line to Redis.
func (c *cluster) addNode(s setup, i int) {
	c.t.Helper()
	name := fmt.Sprintf("node %c", 'A'+i)
	var n *node
	text := fmt.Sprintf("realtime:\n  civicpress:\n    url: %s\n    secret: %q\n", c.site.urlFor(func() *node { return n }), standin.DefaultSecret)
	text += "  drafts: {min_interval: 1ms, quiet: 400ms, interval: 1s}\n" +
		"  limits: {handshakes_per_ip: 10000, handshake_burst: 10000}\n" +
		"  rate_limiting: {connections_per_ip: 10000, messages_per_second: 200}\n"
	if !s.alone {
		text += c.redis(s) + fmt.Sprintf("  cluster: {durability: %s, lease: %s}\n", cmp.Or(s.durability, "node"), cmp.Or(s.lease, "3s"))
	}
	n = newNode(c.t, name, text+s.more)
	if len(s.binaries) > 0 {
		n.binary = s.binaries[min(i, len(s.binaries)-1)]
	}
	c.nodes = append(c.nodes, n)
}

// redis returns the section of the configuration with the address of Redis, for the next node.
func (c *cluster) redis(s setup) string {
	c.t.Helper()
	switch {
	case s.url != "":
		return fmt.Sprintf("  redis: {enabled: true, url: %q}\n", s.url)
	case s.sentinels != nil:
		return fmt.Sprintf("  redis: {enabled: true, url: %q}\n", s.sentinels.URL())
	}
	line, err := faultproxy.New(s.redis.Addr)
	if err != nil {
		c.t.Fatal(err)
	}
	c.lines = append(c.lines, line)
	return fmt.Sprintf("  redis: {enabled: true, url: \"redis://%s\"}\n", line.Addr())
}

// opened tells the balancer which nodes take clients.
func (c *cluster) opened() {
	var addrs []string
	for _, n := range c.nodes {
		if a := n.address(); a != "" {
			addrs = append(addrs, a)
		}
	}
	c.door.SetTargets(addrs...)
}

// room adds a record, and typists whose connections go to these nodes, each speaking another
// protocol than the one before. The first node is the owner, as its typist comes first.
func (c *cluster) room(name string, homes ...int) *history {
	c.t.Helper()
	h := newHistory(name, "The record "+name+" begins.")
	c.site.record(h)
	c.rooms = append(c.rooms, h)
	for i, home := range homes {
		p := c.typist(h, home, []wire{yWebsocket{}, jsonWire{}}[i%2])
		if i == 0 {
			c.until("the first client of "+name+" is in sync", p.inSync)
		}
	}
	return h
}

// typist adds a client that types, from when it is in sync on.
func (c *cluster) typist(h *history, home int, w wire) *typist {
	c.t.Helper()
	p := c.client(h, home, w, false)
	c.typists = append(c.typists, p)
	c.running.Go(func() { p.typing(c.ctx) })
	return p
}

// reader returns a client that types nothing, and is not among the typists. It comes to another
// node than the first, which most cases do something to.
func (c *cluster) reader(h *history) *typist {
	c.t.Helper()
	return c.client(h, 1, yWebsocket{}, true)
}

// typingPause is the mean pause between two edits of a typist.
const typingPause = 300 * time.Millisecond

func (c *cluster) client(h *history, home int, w wire, onlyRead bool) *typist {
	c.t.Helper()
	id := 1_000_000 + rand.Uint64N(1<<31)
	token := c.site.api.Login(fmt.Sprint("user", id), "clerk")
	p := &typist{
		h: h, wire: w, id: id, rest: typingPause, target: "/realtime/records/" + h.room + "?token=" + token,
		route: c.routeFrom(home), random: rand.New(rand.NewPCG(id, 0)), onlyRead: onlyRead,
	}
	ctx, leave := context.WithCancel(c.ctx)
	p.leave = leave
	c.running.Go(func() { p.run(ctx) })
	return p
}

// routeFrom returns a route that begins with a node and goes on to the others, one for each
// attempt, past those that take no clients.
func (c *cluster) routeFrom(home int) func(attempt int) string {
	return func(attempt int) string {
		for i := range c.nodes {
			if a := c.nodes[(home+attempt+i)%len(c.nodes)].address(); a != "" {
				return a
			}
		}
		return ""
	}
}

// page adds a client in Node that types until settle.
func (c *cluster) page(room string, version any) {
	c.t.Helper()
	if !slices.ContainsFunc(c.rooms, func(h *history) bool { return h.room == room }) && len(c.pages) == 0 {
		c.site.api.Put(room, "Pages.", nil)
	}
	p := c.newcomer(fmt.Sprintf("page%d", len(c.pages)), room, version)
	c.pages = append(c.pages, p)
	c.typing = append(c.typing, p.begin("type", args{"name": string(rune('a' + len(c.pages))), "seed": c.random.IntN(1 << 30)}))
}

func (c *cluster) newcomer(name, room string, version any) *page {
	c.t.Helper()
	return openPage(c.t, name, "ws://"+c.door.Addr()+"/realtime/records", room, c.site.api.Login(name, "clerk"), version)
}

// until waits for a condition.
func (c *cluster) until(what string, ok func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			c.report()
			c.t.Fatalf("never: %s", what)
		}
	}
}

// report logs where each client is.
func (c *cluster) report() {
	c.t.Helper()
	for _, p := range c.typists {
		p.mu.Lock()
		c.t.Logf("client %d of %s over %s: connected %t, typed to %d, acknowledged to %d, in sync at %s; closes %v; broken %q",
			p.id, p.h.room, p.wire.name(), p.conn != nil, p.next, p.acked, p.synced.Format(time.StampMilli), lastOf(p.closes, 5), lastOf(p.broken, 5))
		p.mu.Unlock()
	}
}

func lastOf[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }

// awaitTyping waits until something that each typist has typed after a moment is acknowledged, and
// returns how long after it that was for the last of them.
func (c *cluster) awaitTyping(since time.Time) time.Duration {
	c.t.Helper()
	c.until("all type", func() bool {
		return !slices.ContainsFunc(c.typists, func(p *typist) bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return !p.away && !p.still && !p.erases && !p.last.After(since)
		})
	})
	return time.Since(since)
}

// types waits until each typist has typed something, and some time longer.
func (c *cluster) types() {
	c.t.Helper()
	c.awaitTyping(time.Now())
	c.idle(200*time.Millisecond, time.Second)
}

// idle lets a random time pass, in which clients type: the moment of a fault.
func (c *cluster) idle(least, more time.Duration) {
	time.Sleep(least + time.Duration(c.random.Int64N(int64(more))))
}

// bound logs a figure and its bound. Only with CHAOS_ROUNDS, in which the machine is the test's, is
// more than twice the bound a failure.
func (c *cluster) bound(what string, took, bound time.Duration) {
	c.t.Helper()
	c.t.Logf("%s: %v (bound: %v)", what, took.Round(time.Millisecond), bound)
	if number("CHAOS_ROUNDS") > 0 && took > 2*bound {
		c.t.Errorf("%s: %v is more than twice the bound", what, took)
	}
}

// longestWait returns the longest time for which an edit that was made after a moment has waited.
func (c *cluster) longestWait(since time.Time) (longest time.Duration) {
	for _, p := range c.typists {
		p.mu.Lock()
		for _, w := range p.waits {
			if w.at.After(since) {
				longest = max(longest, w.for_)
			}
		}
		for _, e := range p.sent {
			if e.at.After(since) {
				longest = max(longest, time.Since(e.at))
			}
		}
		p.mu.Unlock()
	}
	return longest
}

// goes makes a client leave for good, whatever it has that no server has.
func (c *cluster) goes(p *typist) {
	p.leave()
	p.away = true
	p.mu.Lock()
	defer p.mu.Unlock()
	p.still = true
	p.h.leave(p.typed)
}

// stopped says that a process was stopped or cut off.
func (c *cluster) stopped() {
	for _, h := range c.rooms {
		h.stop()
	}
}

// kill ends a node at once.
func (c *cluster) kill(i int) {
	c.nodes[i].kill()
	c.stopped()
	c.opened()
}

// restart starts a new process of a node.
func (c *cluster) restart(i int) {
	c.t.Helper()
	c.nodes[i].start()
	c.opened()
}
