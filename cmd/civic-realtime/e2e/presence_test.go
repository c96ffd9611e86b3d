package e2e

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// soon is much less than the 15 seconds after which a client renews its state anyway.
const soon = 10 * time.Second

func here(name string) args {
	return args{"state": args{"name": name}}
}

func sees(names ...string) args { return args{"present": names} }

func misses(names ...string) args { return args{"absent": names} }

// TestPresence shows that users see each other join, change and leave at once, however they leave.
func TestPresence(t *testing.T) {
	t.Parallel()
	s := start(t)
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		mustSeeEachOther(t, s, fmt.Sprint("presence", version), version)
	})
}

func mustSeeEachOther(t *testing.T, s *server, room string, version any) {
	ann, bob, eve := join(t, s, room, "ann", version), join(t, s, room, "bob", 2), join(t, s, room, "eve", version)
	for _, c := range []*client{ann, bob, eve} {
		c.do("presence", here(c.name), nil)
	}
	for _, c := range []*client{ann, bob, eve} {
		c.waitFor(soon, sees("ann", "bob", "eve"))
	}
	join(t, s, room, "newcomer", 3).waitFor(soon, sees("ann", "bob", "eve"))

	ann.do("presence", here("anna"), nil)
	bob.waitFor(soon, args{"present": []string{"anna"}, "absent": []string{"ann"}})

	eve.Kill()
	ann.waitFor(soon, misses("eve"))
	bob.waitFor(soon, misses("eve"))

	bob.do("disconnect", nil, nil)
	ann.waitFor(soon, misses("bob"))
}

// TestGuests shows that native clients see users without a token under the names that these chose
// themselves, though y-websocket also sends the server the states of others, and that the names
// change and leave with their users.
func TestGuests(t *testing.T) {
	t.Parallel()
	s := start(t)
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		room := fmt.Sprint("guests-", version)
		reader := join(t, s, room, "reader", "json")
		own := reader.status().Carets
		calls := func(c *client, name string) {
			c.do("presence", args{"state": args{"user": args{"name": name}}}, nil)
		}
		shows := func(names ...string) {
			t.Helper()
			names = append(names, own...)
			slices.Sort(names)
			reader.waitFor(soon, args{"carets": names})
		}
		ann, bob, eve := join(t, s, room, "ann", version), join(t, s, room, "bob", 2), join(t, s, room, "eve", version)
		for _, c := range []*client{ann, bob, eve} {
			calls(c, c.name)
		}
		shows("ann", "bob", "eve")
		calls(ann, "anna")
		shows("anna", "bob", "eve")
		eve.Kill()
		shows("anna", "bob")
		bob.do("disconnect", nil, nil)
		shows("anna")
	})
}

// TestPresenceAfterReconnect shows that users whose connection broke see each other again at once.
// The clients do not contribute to that: they remember the clock of each state they have seen, and
// ignore the same state when it comes again.
func TestPresenceAfterReconnect(t *testing.T) {
	t.Parallel()
	s := start(t)
	const room = "presence"
	ann, bob := join(t, s, room, "ann", 3), join(t, s, room, "bob", 2)
	bob.do("presence", here("bob"), nil)
	ann.do("presence", here("ann"), nil)
	mustMeet := func() {
		t.Helper()
		ann.waitFor(soon, sees("ann", "bob"))
		bob.waitFor(soon, sees("ann", "bob"))
	}
	mustMeet()

	ann.do("disconnect", nil, nil)
	bob.waitFor(soon, misses("ann"))
	ann.do("reconnect", nil, nil)
	mustMeet()

	s.terminate()
	s.restart()
	ann.wait(args{"synced": true, "connects": 3})
	bob.wait(args{"synced": true, "connects": 2})
	mustMeet()
}

// TestPresenceInMotion shows that, however carets move while users join and leave, all end with the
// last position of each, and that no caret is set back to an earlier position by a message of the
// server.
func TestPresenceInMotion(t *testing.T) {
	t.Parallel()
	s := start(t)
	const room = "carets"
	ann, bob, eve := join(t, s, room, "ann", 3), join(t, s, room, "bob", 2), join(t, s, room, "eve", 3)
	moves := []processes.Call{ann.begin("move", args{"name": "ann"}), bob.begin("move", args{"name": "bob"})}
	eve.do("presence", here("eve"), nil)
	for comings := 2; comings <= 6; comings++ {
		eve.do("disconnect", nil, nil)
		eve.do("reconnect", nil, nil)
		eve.wait(args{"synced": true, "connects": comings})
	}
	ann.do("halt", nil, nil)
	bob.do("halt", nil, nil)
	names := []string{"", "", "eve"}
	for i, move := range moves {
		move.End(&names[i])
	}
	for _, c := range []*client{ann, bob, eve} {
		c.waitFor(soon, args{"only": names})
	}
}

// long makes some tests take as many minutes as the behaviour that they test.
var long = os.Getenv("E2E_LONG") != ""

func minutesIfLong(minutes int, otherwise time.Duration) time.Duration {
	if long {
		return time.Duration(minutes) * time.Minute
	}
	return otherwise
}

// TestLoneClient shows that a client that is alone in a room stays connected. Providers close a
// connection on which they have received nothing for 30 seconds, so the test takes longer than
// that.
func TestLoneClient(t *testing.T) {
	t.Parallel()
	s := start(t)
	ms := minutesIfLong(3, 36*time.Second).Milliseconds()
	var lone []*client
	var holds []processes.Call
	for _, version := range yWebsockets {
		name := fmt.Sprint("lone-", version)
		c := newClient(t, name)
		c.openWith(s, name, args{"version": version})
		lone, holds = append(lone, c), append(holds, c.begin("hold", args{"ms": ms}))
	}
	for i, c := range lone {
		holds[i].End(nil)
		c.mustBeUndisturbed()
	}
}
