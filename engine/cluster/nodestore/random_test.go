package nodestore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// played is a random session of three nodes with one room, on one Redis: nodes crash, are stopped
// beyond their lease, or do not reach Redis, and Redis fails over without its newest rows or is
// emptied.
type played struct {
	*world
	random   *rand.Rand
	trio     [3]*node
	letters  [3]typed // the next of each node
	clients  byte
	accepted []typed // that anybody may have seen
	log      []string
}

// TestRandomSessions shows that after any of that, when all nodes are there again, all have the
// same document, and that it has everything that was accepted, or a version of the room has it.
// RANDOM_SEED plays one session, RANDOM_SESSIONS more than the eight that are always the same.
func TestRandomSessions(t *testing.T) {
	sessions, _ := strconv.Atoi(os.Getenv("RANDOM_SESSIONS"))
	w := newWorld(t)
	if seed, err := strconv.ParseUint(os.Getenv("RANDOM_SEED"), 10, 64); err == nil {
		w.play(seed)
		return
	}
	for range sessions {
		if w.play(rand.Uint64()); t.Failed() {
			return
		}
	}
	for seed := range uint64(8) {
		w.play(seed)
	}
}

func (w *world) play(seed uint64) {
	w.Logf("RANDOM_SEED=%d plays this session", seed) // -v shows it at once
	w.redis.Flush()
	w.marker, w.run = w.marker+1, 0
	p := &played{world: w, random: rand.New(rand.NewPCG(seed, 0))}
	redisToo := func(c *Config) { c.Redis = seed%2 == 1 }
	for i := range p.trio {
		p.trio[i] = w.start("", redisToo)
		p.putBack(p.trio[i])
		p.newClient(i)
	}
	for range 150 {
		p.step(p.random.IntN(len(p.trio)), redisToo)
	}
	p.mend()
	p.check()
	if w.Failed() {
		for _, line := range p.log {
			w.Log(line)
		}
	}
	for _, n := range p.trio {
		n.kill()
	}
}

func (p *played) note(format string, args ...any) {
	p.log = append(p.log, fmt.Sprintf(format, args...))
}

func (p *played) newClient(of int) {
	p.clients++
	p.letters[of] = typed{client: p.clients}
}

// putBack lets a node put back what Redis may lack, unless it does not reach Redis.
func (p *played) putBack(n *node) {
	if n.client.isAway() {
		return
	}
	if err := n.newGeneration(); err != nil {
		p.Errorf("PutBack: %v", err)
	}
}

// step lets something happen to a node, or to Redis.
func (p *played) step(i int, redisToo func(*Config)) {
	n := p.trio[i]
	switch kind := p.random.IntN(100); {
	case kind < 35:
		p.write(i)
	case kind < 50:
		p.open(n)
	case kind < 70:
		p.work(n)
	case kind < 75 && n.docs["r"] != nil:
		p.note("%s saves a snapshot", n.name)
		n.snapshot("r")
	case kind < 80 && n.docs["r"] != nil:
		p.note("%s releases the room", n.name)
		delete(n.docs, "r")
		_ = n.Store.Release(p.Context(), "r")
	case kind < 84 && p.clients < 100:
		p.note("%s crashes", n.name)
		p.trio[i] = p.start(n.kill(), redisToo)
		p.note("it is %s now", p.trio[i].name)
		p.newClient(i)
		p.putBack(p.trio[i])
	case kind < 89:
		p.note("the lease ends")
		p.takeLease("r", n)
	case kind < 95:
		away := !n.client.isAway()
		p.note("%s is away: %v", n.name, away)
		n.client.setAway(away)
		p.putBack(n)
	case kind < 98:
		p.note("Redis fails over")
		p.redis.Do("DEL", "{civic}:journal:r")
		if found, err := n.client.Client.Load(p.Context(), "r"); err != nil {
			p.Error(err)
		} else if found.Snapshot == nil {
			p.redis.Do("DEL", "{civic}:meta:r") // which came with the first row
		}
		p.world.run++
		p.allPutBack()
	case kind < 99:
		p.note("Redis is emptied")
		p.redis.Flush()
		p.marker++
		p.allPutBack()
	}
}

// allPutBack lets all nodes put back that reach Redis.
func (p *played) allPutBack() {
	for _, n := range p.trio {
		p.putBack(n)
	}
}

func (p *played) write(i int) {
	n, x := p.trio[i], p.letters[i]
	if n.docs["r"] == nil || x.clock > 100 {
		return
	}
	if x.clock > 0 && !n.knows(typed{x.client, x.clock - 1}) {
		p.newClient(i) // another document
		x = p.letters[i]
	}
	err := n.tryWrite("r", x.update())
	p.letters[i].clock++
	p.note("%s writes %v: %v", n.name, x, err)
	switch {
	case err == nil:
		p.accepted = append(p.accepted, x)
	case errors.Is(err, cluster.ErrNotOwner):
		delete(n.docs, "r")
	default: // the engine keeps the row, and tries again; here it is as if the node crashed
		delete(n.docs, "r")
		_ = n.Store.Release(p.Context(), "r")
	}
}

// knows reports whether the loaded room has a letter.
func (n *node) knows(x typed) bool {
	return n.docs["r"].state.Clock(uint64(x.client)) > uint64(x.clock)
}

func (p *played) open(n *node) {
	if n.docs["r"] != nil {
		return
	}
	_, err := n.tryOpen("r")
	p.note("%s opens the room: %v", n.name, err)
	if err != nil {
		_ = n.Store.Release(p.Context(), "r")
	}
}

// work does what Run and renewals do.
func (p *played) work(n *node) {
	if n.client.isAway() {
		return
	}
	if late, err := n.client.Late(p.Context(), "r"); err == nil && len(late) > 0 && n.docs["r"] != nil {
		n.Holder().LateWaits("r")
	}
	n.run()
	p.note("%s works", n.name)
}

// mend brings all nodes back, and gives each time to send what it has.
func (p *played) mend() {
	p.note("all is mended")
	for _, n := range p.trio {
		n.client.setAway(false)
		p.putBack(n)
	}
	for range 4 {
		for _, n := range p.trio {
			p.work(n)
		}
	}
	for _, n := range p.trio {
		if n.docs["r"] != nil {
			n.close("r")
		}
		p.work(n)
	}
	p.takeLease("r", p.trio[0])
}

func (p *played) check() {
	have := new(roomstate.State)
	for range 2 { // the first have what the last had
		for _, n := range p.trio {
			d := n.open("r")
			if lacks, err := have.Lacking(d.state); err != nil || lacks != nil {
				p.Errorf("%s lacks %x, %v", n.name, lacks, err)
			}
			have = d.state
			p.mustEqual("the disk of "+n.name, n.onDisk("r"), d.state)
			p.mustEqual("Redis", p.inRedis(n, "r"), d.state)
			n.close("r")
			p.work(n)
		}
	}
	kept := []*roomstate.State{have}
	for _, n := range p.trio {
		versions, err := n.Versions(p.Context(), "r")
		if err != nil {
			p.Error(err)
		}
		for _, v := range versions {
			blob, err := n.Version(p.Context(), "r", v.ID)
			if err != nil {
				p.Error(err)
			}
			kept = append(kept, p.read(&copied{snapshot: blob}))
		}
	}
	for _, x := range p.accepted {
		found := false
		for _, state := range kept {
			found = found || state.Clock(uint64(x.client)) > uint64(x.clock)
		}
		if !found {
			p.Errorf("%v was accepted, and is gone", x)
		}
	}
}
