package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
)

// connect opens the room with a client of a version; options are those of Session.
func (h *localServer) connect(c *client, version any, options args) {
	h.t.Helper()
	a := args{"version": version, "params": args{"token": editor(h)}}
	for k, v := range options {
		a[k] = v
	}
	c.openWith(&server{addr: h.addr}, room, a)
}

// mustReach checks that text that the client types now reaches another one, and that the
// connections of both were never interrupted.
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

// hexUint returns a number below 128 in the encoding of lib0, in hex.
func hexUint(n int) string { return fmt.Sprintf("%02x", n) }

// TestUnknownMessages shows that messages of types that the server does not know, which extensions
// of y-websocket send, are ignored, and that later edits arrive.
func TestUnknownMessages(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		h := newLocalServer(t, engine.Config{}, transport.Config{}, persist.NewMemory())
		c, other := newClient(t, "extended"), newClient(t, "other")
		h.connect(c, version, nil)
		h.connect(other, version, nil)
		for n := range 5 {
			for kind := 4; kind <= 9; kind++ {
				c.do("raw", args{"hex": hexUint(kind) + "0401020304"}, nil)
			}
			c.do("raw", args{"hex": hexUint(102) + hexUint(1) + hexUint(n)}, nil) // as y-sweet does
			c.do("raw", args{"hex": hexUint(2) + hexUint(5) + "0161"}, nil)       // unknown auth
		}
		c.mustReach(other)
		c.mustBeSound()
	})
}

// TestLargeStates shows that a client of each version of y-websocket whose awareness state is too
// large, sent with every move of the caret, is sent one error, that others keep its state from
// before, and that its edits arrive. A picture of 9 KB is not too large.
func TestLargeStates(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		h := newLocalServer(t, engine.Config{}, transport.Config{}, persist.NewMemory())
		c, other := newClient(t, "pictured"), newClient(t, "other")
		h.connect(c, version, nil)
		h.connect(other, version, nil)
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
			t.Errorf("it got the errors %q, connected %d times, and closed with %v", st.Problems, st.Connects, st.Closes)
		}
		c.do("presence", picture(9_000, "small again"), nil)
		other.wait(sees("small again"))
	})
}

// TestRefusedTabs shows that a tab of each version of y-websocket that tries a dead token again and
// again is held back from the third time on, and counts against no other limit; and that the text
// typed meanwhile arrives when it has signed in.
func TestRefusedTabs(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		// With these codes all versions reconnect after a refusal.
		h := newLocalServer(t, engine.Config{}, transport.Config{CloseCodes: transport.CivicPressCloseCodes, Connections: 1}, persist.NewMemory())
		c, neighbour := newClockedClient(t, "refused"), newClient(t, "neighbour")
		at := &server{t: t, addr: h.addr}
		c.do("open", args{"url": at.url(), "room": room, "version": version, "params": args{"token": "dead"}}, nil)
		for range 2 {
			c.wait(args{"ended": true})
			at.untilMetrics("its place is free", func(metrics string) bool { return strings.Contains(metrics, "\nrealtime_connections 0\n") })
			c.awaitReconnect()
		}
		// The metric counts it when its slot has been released.
		at.untilMetrics("one is held back", func(metrics string) bool { return strings.Contains(metrics, "\nrealtime_closes_held_back_total 1\n") })
		h.connect(neighbour, 3, nil) // takes the only slot
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
		c.awaitReconnect()
		c.wait(args{"synced": true})
		c.shows("<neighbour>", "<typed meanwhile>")
		if st := c.status(); st.Connects != 4 || len(st.Closes) != 3 {
			t.Errorf("it went through %+v", st)
		}
	})
}

// awaitReconnect makes the client's clock advance until the client connects.
func (c *client) awaitReconnect() {
	c.t.Helper()
	var after *int
	if c.do("comeBack", nil, &after); after == nil {
		c.t.Fatal("it stays away")
	}
}

// TestHandshakeHeaders shows that each version of y-websocket can connect through proxies that
// write the headers of the handshake in other forms.
func TestHandshakeHeaders(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		h := newLocalServer(t, engine.Config{}, transport.Config{}, persist.NewMemory())
		c, other := newClient(t, "proxied"), newClient(t, "other")
		h.connect(other, version, nil)
		for _, headers := range []args{
			{"Connection": []string{"keep-alive", "Upgrade"}},
			{"Connection": "keep-alive, Upgrade"},
			{"Upgrade": "websocket, h2c"},
			{"Upgrade": []string{"h2c", "websocket"}},
		} {
			h.connect(c, version, args{"headers": headers})
			c.mustReach(other)
		}
	})
}

// TestTwoTabs shows, for each version of y-websocket, that a tab that is closed while its caret
// moves stays gone for others, though another tab of the browser passes its state on when its
// connection has ended; and that the other tab is still present.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	eachYWebsocket(t, func(t *testing.T, version any) {
		t.Parallel()
		h := newLocalServer(t, engine.Config{}, transport.Config{}, persist.NewMemory())
		browser, other := newClient(t, "browser"), newClient(t, "other")
		h.connect(browser, version, args{"tabs": true})
		h.connect(other, version, nil)
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
			browser.writes(name) // arrives after the state that it has passed on
			other.shows(name)
			other.waitFor(soon, misses(name, name+", moved"))
		}
		other.wait(sees("first tab"))
		browser.mustReach(other)
	})
}
