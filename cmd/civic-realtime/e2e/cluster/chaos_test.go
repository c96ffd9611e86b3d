package cluster

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/cluster/faultproxy"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// TestChaos mixes all faults at random, several at a time, and checks afterwards what TestCases
// does; again and again, each time with a cluster of its own, until CHAOS_TIME (a Go duration) is
// over. CHAOS_SEED plays one round, or is the seed of the first; the name of each round has its
// seed. Without either there is none: what a test run plays must not depend on chance.
func TestChaos(t *testing.T) {
	t.Parallel()
	long, _ := time.ParseDuration(os.Getenv("CHAOS_TIME"))
	seed, err := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64)
	if err != nil && long == 0 {
		t.Skip("a random mixture of faults is played by make chaos")
	}
	if err != nil {
		seed = rand.Uint64N(1 << 32)
	}
	for end := time.Now().Add(long); ; seed = rand.Uint64N(1 << 32) {
		t.Run(fmt.Sprint("CHAOS_SEED=", seed), func(t *testing.T) { chaos(t, seed) })
		if t.Failed() || !time.Now().Before(end) {
			return
		}
	}
}

// mixture is a cluster whose parts fail.
type mixture struct {
	*cluster
	s       setup
	master  *redistest.Server
	replica *redistest.Server
	state   []string // of each node: up, dead, paused
	addrs   []string // of paused nodes
	left    int      // clients that have left for good
}

const (
	faultsInARound = 25
	mostLeave      = 2
)

// chaos is a round.
func chaos(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	m := &mixture{master: redistest.Start(t), state: []string{"up", "up", "up"}, addrs: make([]string, 3)}
	m.replica = m.master.Replica()
	m.s = setup{redis: m.master, durability: []string{"node", "redis"}[random.IntN(2)]}
	m.cluster = newCluster(t, m.s)
	m.random = random
	m.excuses(another)
	m.excuses([]string{ // nodes that are stopped while they do not reach Redis
		"lease of a room is not given up; it ends by itself", "not everything is in Redis; it is sent when the node starts again",
		"not all rooms were given to other nodes; the shutdown stores what is left", "lease of a room cannot be taken",
		"drafts not saved; they are in the store", // so soon after a failover that drafts cannot be claimed
	})
	m.excuses([]string{ // whose port was that of a Redis that has ended, for which somebody looks
		"the nodes speak different versions",
	})
	m.excuses([]string{ // while an owner is paused
		"the node of a room cannot be reached: it is asked to give the room up",
	})
	m.excuses([]string{ // with durability redis, while an owner does not reach Redis
		"journal refuses updates of a room; they wait",
	})
	m.room("minutes", 0, 1, 2)
	m.room("by-law", 1, 2, 0)
	m.room("plan", 2, 0)
	m.types()
	for range faultsInARound {
		m.fault()
		m.idle(0, 1500*time.Millisecond)
	}
	m.mend()
	m.types()
	m.settle()
}

// fault does one of the things that happen.
func (m *mixture) fault() {
	i := m.random.IntN(len(m.nodes))
	faults := []struct {
		weight int
		name   string
		do     func(i int)
	}{
		{4, "kills", m.killNode}, {6, "restarts", m.restartNode}, {2, "pauses", m.pauseNode}, {5, "resumes", m.resumeNode},
		{3, "cuts off", m.cut}, {2, "withholds the line of", m.withhold}, {2, "delays", m.delay}, {6, "heals", m.heal},
		{3, "drains", m.drain}, {2, "fails over beside", m.failover}, {1, "empties Redis beside", m.empty},
		{1, "stops Redis beside", m.stopRedis}, {1, "takes a client from", m.leave}, {1, "brings a client to", m.come},
	}
	sum := 0
	for _, f := range faults {
		sum += f.weight
	}
	at := m.random.IntN(sum)
	for _, f := range faults {
		if at -= f.weight; at < 0 {
			m.t.Logf("%s %s %s", time.Now().Format(time.StampMilli), f.name, m.nodes[i].name)
			f.do(i)
			return
		}
	}
}

// up returns how many nodes run.
func (m *mixture) up() (n int) {
	for _, s := range m.state {
		if s == "up" {
			n++
		}
	}
	return n
}

func (m *mixture) killNode(i int) {
	if m.state[i] == "up" && m.up() > 1 {
		m.kill(i)
		m.state[i] = "dead"
	}
}

func (m *mixture) restartNode(i int) {
	if m.state[i] == "dead" {
		m.lines[i].Heal() // it does not start without Redis
		m.restart(i)
		m.state[i] = "up"
	}
}

func (m *mixture) pauseNode(i int) {
	if m.state[i] == "up" && m.up() > 1 {
		m.addrs[i] = m.nodes[i].pause()
		m.stopped()
		m.opened()
		m.state[i] = "paused"
	}
}

func (m *mixture) resumeNode(i int) {
	if m.state[i] == "paused" {
		m.nodes[i].resume(m.addrs[i])
		m.opened()
		m.state[i] = "up"
	}
}

func (m *mixture) cut(i int) {
	m.stopped()
	m.lines[i].Cut()
}

func (m *mixture) withhold(i int) {
	m.stopped()
	m.lines[i].Withhold()
}

func (m *mixture) delay(i int) {
	m.lines[i].Delay(time.Duration(m.random.IntN(300)) * time.Millisecond)
}

func (m *mixture) heal(i int) { m.lines[i].Heal() }

func (m *mixture) drain(i int) {
	if m.state[i] == "up" && m.up() > 1 {
		m.stopped()
		var codes []int
		if m.s.durability == "redis" {
			codes = append(codes, 1) // without Redis: updates are on the node's disk alone
		}
		m.nodes[i].terminate(codes...)
		m.opened()
		m.state[i] = "dead"
	}
}

// failover makes the replica, which may lack the last second, the master, and gives it a replica.
func (m *mixture) failover(int) {
	m.stopped()
	if m.random.IntN(2) == 0 {
		m.replica.CutOff()
		m.idle(0, 2*time.Second)
	}
	m.master.Kill()
	m.replica.Promote()
	m.master, m.replica = m.replica, nil
	for _, l := range m.lines {
		l.SetTargets(m.master.Addr)
	}
	m.replica = m.master.Replica()
}

// empty empties Redis, only with CHAOS_TIME: when the owner of a room is away at that time, the
// room may begin anew with its record, and words that were deleted may be back.
func (m *mixture) empty(int) {
	if os.Getenv("CHAOS_TIME") == "" {
		return
	}
	m.stopped()
	m.emptied = true
	if m.up() < len(m.nodes) || slices.ContainsFunc(m.lines, func(l *faultproxy.Proxy) bool { return !l.Passes() }) {
		m.without++
		m.excuses([]string{"record was changed outside, and here"}) // see wentOn
	}
	m.excuses([]string{replaced, older, // and nodes that start then make another secret
		"call without the nodes' secret refused", "connection to the peer listener refused",
		"connections cannot be handed on",
	})
	m.master.Flush()
}

func (m *mixture) stopRedis(int) {
	m.stopped()
	m.master.Pause()
	m.idle(0, 2*lease)
	m.master.Resume()
}

func (m *mixture) leave(int) {
	i := m.random.IntN(len(m.typists))
	if p := m.typists[i]; m.left < mostLeave && !p.away {
		m.goes(p)
		m.left++
	}
}

func (m *mixture) come(i int) {
	if len(m.typists) < 12 {
		m.typist(m.rooms[m.random.IntN(len(m.rooms))], i, []wire{yWebsocket{}, jsonWire{}}[m.random.IntN(2)])
	}
}

// mend ends all faults.
func (m *mixture) mend() {
	for i := range m.nodes {
		m.lines[i].Heal()
		m.resumeNode(i)
		m.restartNode(i)
	}
}
