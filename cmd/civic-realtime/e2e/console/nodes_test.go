package console

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// TestNodes shows that the console of one of two nodes that share rooms lists both, with the sums
// of both in the overview, rooms and connections with their node, an action on a room of the other
// node, and that the other node is drained from here.
func TestNodes(t *testing.T) {
	t.Parallel()
	shared := redistest.Start(t)
	more := fmt.Sprintf("  redis: {enabled: true, url: %q}\n", shared.URL())
	here, there := start(t, more), start(t, more)
	ann, bob := joined(t, here, "ann", "charter", 3), joined(t, there, "bob", "budget", "provider-json")
	p := signedIn(t, here, nil)
	p.showsFigure("People", "2")
	p.showsFigure("Rooms", "2")
	p.opens("Nodes")
	rows := place{"css": "tbody tr"}
	p.sees(nth(rows, 1))
	if n := p.countOf(rows); n != 2 {
		t.Errorf("%d nodes are listed", n)
	}
	p.mustBeAccessible("nodes")
	p.opens("Connections")
	for _, user := range []string{"ann", "bob"} {
		p.sees(place{"css": `tr:has-text("` + user + `")`})
	}
	p.opensRoom(here, "budget")
	p.confirms(button("Lock"), "Lock", nil, "is locked")
	if !there.room("budget").Locked {
		t.Error("the room of the other node is not locked")
	}
	bob.wait(args{"notice": "record is locked"})

	p.opens("Nodes")
	var nodes struct{ Nodes []struct{ Name string } }
	there.ask("GET", "/v1/nodes", "", &nodes)
	other := there.nodeName()
	p.confirms(button("Drain "+other), "Drain", nil, "is draining")
	there.ends()
	ann.shows("")
	p.excuses("ERR_")
	p.opens("Overview")
	p.showsFigure("Connections", "1")
}

// nodeName returns the name of this node.
func (s *server) nodeName() string {
	s.t.Helper()
	var status struct{ Node string }
	_, text := s.request("GET", "/v1/nodes", "", "Authorization", "Bearer "+s.token())
	s.ask("GET", "/v1/status", "", &status)
	if status.Node == "" {
		s.t.Fatalf("no name: %s", strings.TrimSpace(text))
	}
	return status.Node
}
