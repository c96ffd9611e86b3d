package cluster

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// TestHocuspocusOnNodes shows that Hocuspocus' provider 3 and 4, connected to both of two nodes,
// edit one document with clients of y-websocket and JSON, so that one node passes the document of
// its providers on to the other; that their count of unsaved changes is 0 at the end of each step;
// and that they go on when the node that has the room is killed, without being restarted.
func TestHocuspocusOnNodes(t *testing.T) {
	t.Parallel()
	c := newCluster(t, setup{nodes: 2, redis: redistest.Start(t)})
	c.site.api.Put("minutes", "Pages.", nil)
	var pages []*page
	var all []string
	open := func(version any, node int) {
		t.Helper()
		c.door.SetTargets(c.nodes[node].address())
		pages = append(pages, c.newcomer(fmt.Sprintf("%v-%d", version, len(pages)), "minutes", version))
		c.opened()
	}
	step := func(what string) {
		t.Helper()
		for _, p := range pages {
			text := fmt.Sprintf("<%s by %s>", what, p.name)
			all = append(all, text)
			p.do("write", args{"text": text}, nil)
		}
		for _, p := range pages {
			until := args{"shows": all}
			if strings.HasPrefix(p.name, "hocuspocus") {
				until["saved"] = true
			}
			p.do("wait", args{"until": until, "deadline": patience.Milliseconds()}, nil)
		}
	}
	for i, version := range []any{"hocuspocus-3", "hocuspocus-4", "hocuspocus-4", "hocuspocus-3", 3, "json"} {
		open(version, i/2%2)
	}
	passes := func(node int, relays float64) {
		t.Helper()
		n := c.nodes[node]
		c.until(fmt.Sprint(n.name, " passes documents on"), func() bool {
			return n.metric("realtime_documents") == relays && n.metric("realtime_relays") == relays
		})
	}
	passes(1, 2)
	before := c.nodes[1].metric("realtime_relayed_bytes_total")
	step("at first")
	texts := float64(len(strings.Join(all, "")))
	if n := c.nodes[1].metric("realtime_relayed_bytes_total") - before; n < texts {
		t.Errorf("%v bytes were passed on, and the texts have %v", n, texts)
	}
	c.kill(0)
	step("after one was killed")
	c.restart(0)
	open("hocuspocus-4", 0)
	passes(0, 1)
	step("on both again")
	c.kill(1)
	step("after the other was killed")
}
