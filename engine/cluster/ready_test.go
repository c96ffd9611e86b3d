package cluster_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// pair starts two nodes that can ask each other.
func (w *world) pair() (a, b *node) {
	var nodes sync.Map
	asks := func(c *cluster.Config) {
		c.AskPeer = func(_ context.Context, address string) (bool, error) {
			if n, ok := nodes.Load(address); ok {
				return n.(*node).SeesShared(), nil
			}
			return false, errors.New("it does not answer")
		}
	}
	a = w.start("a:1", asks)
	b = w.start("b:1", asks)
	nodes.Store("a:1", a)
	nodes.Store("b:1", b)
	time.Sleep(2 * time.Second)
	synctest.Wait()
	return a, b
}

// TestReady shows that a node that is cut off from Redis is not ready while another sees it, and
// ready again when the line is back.
func TestReady(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.pair()
		a.redis.SetCut(true)
		time.Sleep(2 * time.Second)
		if err := a.Ready(); err != nil {
			t.Fatal("too early:", err)
		}
		time.Sleep(4 * time.Second)
		if err := a.Ready(); err == nil || !strings.Contains(err.Error(), b.Name()) {
			t.Fatal(err)
		}
		if err := b.Ready(); err != nil {
			t.Fatal(err)
		}
		a.redis.SetCut(false)
		time.Sleep(2 * time.Second)
		if err := a.Ready(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestReadyWithoutRedis shows that all nodes stay ready when none of them sees Redis, which counts
// for what they still serve, and that a node that has never seen it is not.
func TestReadyWithoutRedis(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.pair()
		w.redis.SetUp(false)
		time.Sleep(10 * time.Second)
		for range 100 {
			if err := errors.Join(a.Ready(), b.Ready()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		c := w.begin("c:1")
		time.Sleep(10 * time.Second)
		if err := c.Ready(); !errors.Is(err, cluster.ErrNotYet) {
			t.Fatal(err)
		}
	})
}

// TestNodes shows what a node knows of the others: their addresses, what they announce, how long
// they have said nothing, and whether their peer listeners answer; and that a node that is stopped
// is gone at once.
func TestNodes(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.pair()
		c := w.start("c:1", func(c *cluster.Config) {
			c.Describe = func() []byte { return []byte("any\nbytes") }
			c.Oldest, c.Newest = 2, 3
		})
		d := w.start("d:1", func(c *cluster.Config) { c.Oldest, c.Newest = 2, 4 })
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if all := a.Nodes(); len(all) != 4 || a.Form() != 1 || d.Form() != 1 {
			t.Fatalf("%+v", all)
		}
		d.stop()
		c.kill()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		found := map[string]cluster.NodeInfo{}
		for _, info := range a.Nodes() {
			found[info.Name] = info
		}
		if len(found) != 3 {
			t.Fatalf("%+v", found)
		}
		if self := found[a.Name()]; !self.Self || self.Probed || self.Address != "a:1" || !self.PutBack {
			t.Errorf("%+v", self)
		}
		if other := found[b.Name()]; other.Self || !other.Probed || !other.Sees || other.ProbeErr != nil ||
			other.Silent > 3*time.Second {
			t.Errorf("%+v", other)
		}
		if dead := found[c.Name()]; string(dead.More) != "any\nbytes" || dead.Oldest != 2 || dead.Newest != 3 ||
			dead.Silent < 4*time.Second {
			t.Errorf("%+v", dead)
		}
	})
}

// TestForm shows that the form that nodes write is the newest that all of them read.
func TestForm(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1", func(c *cluster.Config) { c.Newest = 3 })
		b := w.start("b:1", func(c *cluster.Config) { c.Newest = 2 })
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if a.Form() != 2 || b.Form() != 2 {
			t.Error(a.Form(), b.Form())
		}
		b.stop()
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if a.Form() != 3 {
			t.Error(a.Form())
		}
	})
}

// TestStatus shows what a node knows of Redis while it puts back and while Redis is away.
func TestStatus(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		if s := a.Status(); s.PuttingBack || !s.Sees || s.Err != nil || len(s.Generations) != 1 {
			t.Fatalf("%+v", s)
		}
		goOn := make(chan struct{})
		a.holder.set(func() error { <-goOn; return nil })
		w.redis.Restart()
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if s := a.Status(); !s.PuttingBack {
			t.Fatalf("%+v", s)
		}
		close(goOn)
		w.redis.SetUp(false)
		time.Sleep(5 * time.Second)
		if s := a.Status(); s.PuttingBack || s.Sees || s.Err == nil {
			t.Fatalf("%+v", s)
		}
	})
}
