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
