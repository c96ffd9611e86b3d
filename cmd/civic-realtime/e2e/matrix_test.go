package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
)

// entersAs opens the room of the house as a client of a version; options are those of Session.
func (h *house) entersAs(c *client, version any, options args) {
	h.t.Helper()
	a := args{"version": version, "params": args{"token": editor(h)}}
	for k, v := range options {
		a[k] = v
	}
	c.openWith(&server{addr: h.addr}, room, a)
}

// mustReach requires that what the client types now is shown to another, and that neither was
// disturbed.
func (c *client) mustReach(other *client) {
	c.t.Helper()
	c.writes("<typed at last>")
	other.shows("<typed at last>")
	c.mustHaveStayed()
	other.mustHaveStayed()
}

func (c *client) mustHaveStayed() {
	c.t.Helper()
	if st := c.status(); st.Connects != 1 || len(st.Closes)+st.TextFrames > 0 {
		c.t.Errorf("client %s was disturbed: %+v", c.name, st)
	}
}

// hexUint is a number below 128 as lib0 writes it, in hex.
func hexUint(n int) string { return fmt.Sprintf("%02x", n) }

// TestUnknownMessages has each version of y-websocket send messages of types that the server does
// not know, such as programs that extend it do: nobody is told off, and what is typed then arrives.
func TestUnknownMessages(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		h := newHouse(t, engine.Config{}, transport.Config{}, persist.NewMemory())
		c, other := newClient(t, "extended"), newClient(t, "other")
		h.entersAs(c, version, nil)
		h.entersAs(other, version, nil)
		for n := range 5 {
			for kind := 4; kind <= 9; kind++ {
				c.do("raw", args{"hex": hexUint(kind) + "0401020304"}, nil)
			}
			c.do("raw", args{"hex": hexUint(102) + hexUint(1) + hexUint(n)}, nil) // y-sweet's
			c.do("raw", args{"hex": hexUint(2) + hexUint(5) + "0161"}, nil)       // of auth
		}
		c.mustReach(other)
		c.mustBeSound()
	})
}

// TestLargeStates has each version of y-websocket say too much of itself, with every move of the
// caret: it is told so once, others go on seeing what it said before, and what is typed then
// arrives. A picture of 9 KB is not too much.
func TestLargeStates(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		h := newHouse(t, engine.Config{}, transport.Config{}, persist.NewMemory())
		c, other := newClient(t, "pictured"), newClient(t, "other")
		h.entersAs(c, version, nil)
		h.entersAs(other, version, nil)
		picture := func(bytes int, name string) args {
			return args{"state": args{"name": name, "picture": strings.Repeat("x", bytes)}}
		}
		c.do("presence", picture(9_000, "small"), nil)
		other.wait(sees("small"))
		for range 20 {
			c.do("presence", picture(40_000, "large"), nil)
		}
		c.wait(args{"problem": "too large"})
		c.mustReach(other)
		other.wait(args{"present": []string{"small"}, "absent": []string{"large"}})
		if st := c.status(); len(st.Problems) != 1 || st.Connects != 1 || len(st.Closes) > 0 {
			t.Errorf("it was told %q, connected %d times, and closed with %v", st.Problems, st.Connects, st.Closes)
		}
		c.do("presence", picture(9_000, "small again"), nil)
		other.wait(sees("small again"))
	})
}

// TestRefusedTabs has a tab of each version of y-websocket try a dead token again and again: from
// the third time on it is held back, in no limit's place but its own. When it has signed in, what
// was typed meanwhile arrives.
func TestRefusedTabs(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		// With these codes all versions come back after a refusal.
		h := newHouse(t, engine.Config{}, transport.Config{CloseCodes: transport.CivicPressCloseCodes, Connections: 1}, persist.NewMemory())
		c, neighbour := newClockedClient(t, "refused"), newClient(t, "neighbour")
		at := &server{t: t, addr: h.addr}
		c.do("open", args{"url": at.url(), "room": room, "version": version, "params": args{"token": "dead"}}, nil)
		for range 2 {
			c.wait(args{"ended": true})
			at.untilMetrics("its place is free", func(metrics string) bool { return strings.Contains(metrics, "\nrealtime_connections 0\n") })
			c.comesBackByItself()
		}
		// It is counted when it has given its place back.
		at.untilMetrics("one is held back", func(metrics string) bool { return strings.Contains(metrics, "\nrealtime_closes_held_back_total 1\n") })
		h.entersAs(neighbour, 3, nil) // in the only place
		neighbour.writes("<neighbour>")
		neighbour.do("disconnect", nil, nil)

		c.wait(args{"ended": true})
		for _, closed := range c.status().Closes {
			if closed.Code != 4001 {
				t.Errorf("closed with %d", closed.Code)
			}
		}
		c.writes("<typed meanwhile>")
		at.untilMetrics("the neighbour has left", func(metrics string) bool { return strings.Contains(metrics, "\nrealtime_connections 0\n") })
		c.do("signIn", args{"token": editor(h)}, nil)
		c.comesBackByItself()
		c.wait(args{"synced": true})
		c.shows("<neighbour>", "<typed meanwhile>")
		if st := c.status(); st.Connects != 4 || len(st.Closes) != 3 {
			t.Errorf("it went through %+v", st)
		}
	})
}

// comesBackByItself has the client's clock go on until it connects.
func (c *client) comesBackByItself() {
	c.t.Helper()
	var after *int
	if c.do("comeBack", nil, &after); after == nil {
		c.t.Fatal("it stays away")
	}
}

// TestHandshakeHeaders has each version of y-websocket connect through proxies that write the
// headers of the handshake in other forms.
func TestHandshakeHeaders(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		h := newHouse(t, engine.Config{}, transport.Config{}, persist.NewMemory())
		c, other := newClient(t, "proxied"), newClient(t, "other")
		h.entersAs(other, version, nil)
		for _, headers := range []args{
			{"Connection": []string{"keep-alive", "Upgrade"}},
			{"Connection": "keep-alive, Upgrade"},
			{"Upgrade": "websocket, h2c"},
			{"Upgrade": []string{"h2c", "websocket"}},
		} {
			h.entersAs(c, version, args{"headers": headers})
			c.mustReach(other)
		}
	})
}

// TestTwoTabs has a browser with two tabs of each version of y-websocket, of which one is closed as
// its caret moves. The other tab passes that on when the connection of the closed one has ended
// already: for others it stays gone, and the tab that passed it on is still there.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		h := newHouse(t, engine.Config{}, transport.Config{}, persist.NewMemory())
		browser, other := newClient(t, "browser"), newClient(t, "other")
		h.entersAs(browser, version, args{"tabs": true})
		h.entersAs(other, version, nil)
		browser.do("presence", here("first tab"), nil)
		other.waitFor(soon, sees("first tab"))
		at := &server{addr: h.addr}
		for n := range 3 {
			name := fmt.Sprint("tab ", n)
			browser.do("tab", args{"url": at.url(), "room": room, "version": version, "params": args{"token": editor(h)},
				"state": args{"name": name}}, nil)
			other.waitFor(soon, sees(name))
			browser.do("stall", nil, nil)
			browser.do("closeTab", args{"state": args{"name": name + ", moved"}}, nil)
			other.waitFor(soon, misses(name, name+", moved"))
			browser.do("flow", nil, nil)
			browser.writes(name) // which comes after what it has passed on
			other.shows(name)
			other.waitFor(soon, misses(name, name+", moved"))
		}
		other.wait(sees("first tab"))
		browser.mustReach(other)
	})
}
