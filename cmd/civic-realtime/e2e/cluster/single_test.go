package cluster

import (
	"testing"
	"time"
)

// TestSingle shows that the checker is content with a single node without Redis that is killed,
// and stopped, under load: what cases with several nodes find is not the tests' own fault.
func TestSingle(t *testing.T) {
	t.Parallel()
	c := newCluster(t, setup{nodes: 1, alone: true})
	c.room("minutes", 0, 0, 0)
	c.room("by-law", 0, 0)
	c.page("pages", 3)
	c.types()
	began := time.Now()
	c.kill(0)
	c.restart(0)
	t.Logf("all type again %v after a kill", c.awaitTyping(began))
	c.types()
	began = time.Now()
	t.Logf("the drain took %v", c.nodes[0].terminate())
	c.restart(0)
	t.Logf("all type again %v after a drain; the longest wait was %v", c.awaitTyping(began), c.longestWait(began))
	c.types()
	c.settle()
}

// TestCheckerFindsLoss shows that the checker finds what a server has lost: one whose data is
// replaced by an earlier copy, after all clients have left.
func TestCheckerFindsLoss(t *testing.T) {
	t.Parallel()
	c := newCluster(t, setup{nodes: 1, alone: true})
	h := c.room("minutes", 0, 0)
	c.types()
	n := c.nodes[0]
	n.terminate()
	copied := copyData(t, n.dir)
	old, _ := c.site.api.Draft(h.room)
	c.restart(0)
	c.types()
	c.until("a later draft is saved", func() bool {
		draft, _ := c.site.api.Draft(h.room)
		return draft != old
	})
	for _, p := range c.typists {
		p.leave()
		p.away = true
	}
	n.kill()
	n.dir = copied
	c.site.api.Discard(h.room) // or the record would have it
	c.restart(0)
	c.found = map[string]int{}
	final, text := c.converge(h, func(string) bool { return true }) // nothing is saved any more
	c.complain("lost", h.lost(final, nil))
	c.complain("words", h.wrongWords(text))
	c.complain("drafts", h.wrongSaves(text))
	if c.found["lost"] == 0 || c.found["words"] == 0 || c.found["drafts"] == 0 {
		t.Errorf("it finds %v", c.found)
	}
}

// TestCheckerFindsTwoOwners shows that the checker finds that two servers serve a record without
// knowing each other: their clients differ, and they take each other's drafts for news.
func TestCheckerFindsTwoOwners(t *testing.T) {
	t.Parallel()
	c := newCluster(t, setup{nodes: 2, alone: true})
	c.room("minutes", 0, 1)
	for range 4 {
		c.types()
	}
	if differences(c.typists) == "" {
		t.Error("two documents are equal")
	}
	if c.imports() == nil {
		t.Error("no draft was imported")
	}
}
