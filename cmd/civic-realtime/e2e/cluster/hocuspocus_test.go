package cluster

import (
	"fmt"
	"testing"

	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// TestHocuspocusOnNodes shows that Hocuspocus' provider 3 and 4, connected to any of two nodes,
// edit one document with clients of y-websocket and JSON, that its count of unsaved changes is 0
// at the end of each step, and that it goes on when the node that has the room is killed, without
// being restarted.
func TestHocuspocusOnNodes(t *testing.T) {
	t.Parallel()
	c := newCluster(t, setup{nodes: 2, redis: redistest.Start(t)})
	c.site.api.Put("minutes", "Pages.", nil)
	var pages []*page
	for i, version := range []any{"hocuspocus-3", "hocuspocus-4", "hocuspocus-4", "hocuspocus-3", 3, "json"} {
		pages = append(pages, c.newcomer(fmt.Sprint("page-", i), "minutes", version))
	}
	var all []string
	step := func(what string) {
		t.Helper()
		for _, p := range pages {
			text := fmt.Sprintf("<%s by %s>", what, p.name)
			all = append(all, text)
			p.do("write", args{"text": text}, nil)
		}
		for i, p := range pages {
			until := args{"shows": all}
			if i < 4 {
				until["saved"] = true
			}
			p.do("wait", args{"until": until, "deadline": patience.Milliseconds()}, nil)
		}
	}
	step("at first")
	c.kill(0)
	c.restart(0)
	step("after one was killed")
	c.kill(1)
	c.restart(1)
	step("after the other was killed")
}
