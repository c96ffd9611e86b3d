package e2e

import (
	"strings"
	"syscall"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// TestDrain shows a restart as an operator performs it: the server closes its clients with the
// reason, loses nothing that it accepted, and ends with code 0 and without a warning, and the
// clients reconnect by themselves. How long a drain may take is tested in cmd/civic-realtime/app,
// with a clock of the test's own.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := start(t)
	const room = "drain"
	ann, bob := newClient(t, "ann"), newClient(t, "bob")
	ann.openWith(s, room, args{"version": 3, "record": true})
	bob.openWith(s, room, args{"version": 2, "record": true})
	typing := []processes.Call{ann.begin("type", args{"name": "ann", "seed": 1}), bob.begin("type", args{"name": "bob", "seed": 2})}
	bob.wait(args{"received": bob.status().Received + 20})

	s.cmd.Process.Signal(syscall.SIGTERM)
	if code := s.exit(patience); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if log := s.log.String(); strings.Count(log, "msg=stopped") != 1 || len(s.log.Complaints()) > 0 {
		t.Errorf("the log says\n%s", log)
	}
	claims := claimsAfter(t, []*client{ann, bob})
	for _, c := range []*client{ann, bob} {
		if first := c.status().Closes[0]; first.Code != 4503 {
			t.Errorf("client %s was closed with %d %s", c.name, first.Code, first.Reason)
		}
	}

	mustHave(t, s, room, newClient(t, "probe"), claims, true)
	s = s.restart()
	var kept []string
	for i, c := range []*client{ann, bob} {
		c.wait(args{"synced": true, "connects": 2})
		kept = append(kept, stopTyping(c, typing[i])...)
	}
	mustHoldOnce(t, converge(t, ann, bob, join(t, s, room, "newcomer", 3)).Text, kept)
}
