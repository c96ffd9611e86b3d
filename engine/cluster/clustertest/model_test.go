package clustertest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/clustertest"
	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
	"github.com/civicpress/civic-realtime/persist"
)

// memory is a Redis in memory.
type memory struct {
	*clustertest.Redis
	versions *persist.Memory
	client   *clustertest.Client // of the test
}

func newMemory() *memory {
	r := clustertest.NewRedis()
	return &memory{r, persist.NewMemory(), r.Client()}
}

func (m *memory) connect(c *process) link {
	client, r := m.Client(), rand.New(rand.NewPCG(c.p.w.r.Uint64(), 0))
	var mu sync.Mutex // guards r
	delay := func() {
		mu.Lock()
		d := time.Duration(r.ExpFloat64() * float64(5*time.Millisecond))
		mu.Unlock()
		time.Sleep(d)
	}
	client.Before(func(string) {
		delay()
		c.awaitResumed()
	})
	client.After(func(string) error {
		delay()
		c.awaitResumed()
		if c.losesAnswer() {
			return clustertest.ErrUnreachable
		}
		return nil
	})
	return memoryLink{client}
}

// memoryLink is a connection to a Redis in memory.
type memoryLink struct{ *clustertest.Client }

func (memoryLink) SetPaused(bool) {}
func (memoryLink) close()         {}

func (m *memory) archive(*process) nodestore.Archive { return archive{m.versions} }
func (m *memory) setUp(up bool)                      { m.SetUp(up) }
func (m *memory) replicate()                         { m.Replicate() }
func (m *memory) failover(lag int) bool              { return m.Failover(lag) }
func (m *memory) restart()                           { m.Restart() }
func (m *memory) empty()                             { m.Empty() }

func (m *memory) drop() (ids, bool) {
	found, err := m.client.Load(context.Background(), room.String())
	if err != nil || !m.Drop(room.String()) {
		return nil, false
	}
	return stored(found), true
}

// archive has versions in memory; everything else of a nodestore.Archive is as if it were empty.
type archive struct{ *persist.Memory }

// stored returns the ids of a room in Redis.
func stored(found cluster.RoomState) ids {
	var rows [][]byte
	for _, row := range found.Rows {
		rows = append(rows, row.Data)
	}
	all, err := inStored(found.Snapshot, rows)
	if err != nil {
		panic(err)
	}
	return all
}

// newWorld returns a world with three machines and four clients.
func newWorld(t *testing.T, seed uint64, redis shared, ttl time.Duration) *world {
	w := &world{
		t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 0)), redis: redis, ttl: ttl,
		began: time.Now(), last: firstID, seen: ids{}, saved: ids{}, dropped: ids{},
	}
	for i := range 3 {
		address := fmt.Sprintf("%c:1", 'a'+i)
		w.places = append(w.places, &place{w: w, address: address, dir: t.TempDir()})
	}
	for range 4 {
		w.clients = append(w.clients, &client{w: w, doc: ids{}})
	}
	return w
}

// play plays the events of a seed in a bubble, and returns what is wrong with the end.
func play(t *testing.T, seed uint64, durable bool, without string) (problem, log string) {
	synctest.Test(t, func(t *testing.T) {
		redis := newMemory()
		redis.Without(without)
		w := newWorld(t, seed, redis, 10*time.Second)
		w.durable, w.without, w.settle = durable, without, synctest.Wait
		w.run(300)
		if n := redis.Unfenced(); n > 0 {
			w.bad = append(w.bad, fmt.Sprint("writes of nodes that were not the owner: ", n))
		}
		problem, log = w.problem(), w.log.String()
		t.Logf("seed %d: %d updates, %d seen, %d dropped", seed, w.last-firstID, len(w.seen), len(w.saved))
	})
	return problem, log
}

// number returns a number from the environment.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestModel plays random events on real nodes, with real disks and engines, over a Redis in memory:
// typing, crashes, pauses, cuts, drains, failovers that lose a tail, an emptied Redis, dropped
// rooms. In the end all clients have the same document, Redis has it as well, nothing is gone that
// anybody has seen, and nothing is back that was dropped. MODEL_SEED and MODEL_RUNS choose others.
func TestModel(t *testing.T) {
	first := number(t, "MODEL_SEED", 1)
	for seed := first; seed < first+number(t, "MODEL_RUNS", 10); seed++ {
		for _, durable := range []bool{false, true} {
			problem, log := play(t, seed, durable, "")
			report(t, seed, durable, problem, log)
		}
	}
}

// report fails the test if there is a problem, and keeps the log.
func report(t *testing.T, seed uint64, durable bool, problem, log string) {
	t.Helper()
	if problem == "" {
		return
	}
	file := fmt.Sprintf("%s/model-%d-%v.log", os.TempDir(), seed, durable)
	_ = os.WriteFile(file, []byte(log), 0o600)
	t.Errorf("MODEL_SEED=%d, durability redis: %v: %s (log: %s)", seed, durable, problem, file)
}

// TestModelRules shows that TestModel notices when a rule is missing: late updates, the outbox,
// putting back, tombstones of incarnations, and fences.
func TestModelRules(t *testing.T) {
	for _, rule := range []string{"late", "outbox", "put back", "tombstone", "fence"} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			most := number(t, "MODEL_RULE_RUNS", 300)
			for seed := uint64(1); seed <= most; seed++ {
				if problem, _ := play(t, seed, false, rule); problem != "" {
					t.Logf("seed %d: %s", seed, problem)
					return
				}
			}
			t.Errorf("nothing was wrong in %d runs", most)
		})
	}
}
