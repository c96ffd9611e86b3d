package fuzz

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A campaign plays sessions on several workers until its budget is used up or one fails.
type campaign struct {
	sessions uint64 // the budget, unless FUZZ_TIME is set
	play     func(p *player, seed uint64) (scenario, error)
}

// A player has a worker of its own, and shares the tally.
type player struct {
	*worker
	*tally
}

const players = 2

// tally counts the sessions and updates of a campaign.
type tally struct {
	next      atomic.Uint64 // session, from 0
	failed    atomic.Bool
	updates   atomic.Uint64
	bytes     atomic.Uint64
	refused   atomic.Uint64 // updates, by CheckUpdate
	undecided atomic.Uint64 // scenarios
}

func (c *tally) String() string {
	return fmt.Sprintf("%d sessions, %d updates, %d bytes; %d updates refused, %d undecided",
		c.next.Load(), c.updates.Load(), c.bytes.Load(), c.refused.Load(), c.undecided.Load())
}

func (c *tally) count(updates [][]byte) {
	c.updates.Add(uint64(len(updates)))
	for _, u := range updates {
		c.bytes.Add(uint64(len(u)))
	}
}

// countUndecided counts errUndecided, and returns every other error.
func (c *tally) countUndecided(err error) error {
	if errors.Is(err, errUndecided) {
		c.undecided.Add(1)
		return nil
	}
	return err
}

func (c campaign) run(t *testing.T) {
	first, more := envUint(t, "FUZZ_SEED", 1), c.budget(t)
	sum := new(tally)
	var wg sync.WaitGroup
	for range players {
		p := &player{startWorker(t), sum}
		wg.Go(func() {
			for more(sum.next.Load()) && !sum.failed.Load() {
				c.playSeed(t, p, first+sum.next.Add(1)-1)
			}
		})
	}
	wg.Wait()
	t.Log(sum)
}

// budget reports whether the nth session is still to be played. The first always is.
func (c campaign) budget(t *testing.T) func(n uint64) bool {
	limit := os.Getenv("FUZZ_TIME")
	if limit == "" {
		return func(n uint64) bool { return n < c.sessions }
	}
	d, err := time.ParseDuration(limit)
	if err != nil {
		t.Fatalf("FUZZ_TIME: %v", err)
	}
	end := time.Now().Add(d)
	return func(n uint64) bool { return n == 0 || time.Now().Before(end) }
}

func envUint(t *testing.T, name string, otherwise uint64) uint64 {
	v, ok := os.LookupEnv(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseUint(v, 10, 53)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// playSeed plays the session of a seed and reports its failure.
func (c campaign) playSeed(t *testing.T, p *player, seed uint64) {
	watch := time.AfterFunc(2*patience, func() { dieWithStacks(seed) })
	s, err := c.play(p, seed)
	watch.Stop()
	if err != nil {
		p.failed.Store(true)
		report(t, p.worker, seed, s, err)
	}
}

// dieWithStacks ends the process with the stacks of all goroutines.
func dieWithStacks(seed uint64) {
	debug.SetTraceback("all")
	panic(fmt.Sprintf("FUZZ_SEED=%d does not end", seed))
}

// report shrinks a failure, stores it for TestReplay and reports its file.
func report(t *testing.T, w *worker, seed uint64, s scenario, err error) {
	f := asFailure(err)
	if f == nil {
		t.Errorf("FUZZ_SEED=%d: %v", seed, err)
		return
	}
	small, f := shrink(w, s, f)
	small.Rule = f.Rule
	t.Errorf("FUZZ_SEED=%d: %v\n%s replays it with %d updates, %d bytes", seed, f, small.keep(t), len(small.Updates), small.size())
}
