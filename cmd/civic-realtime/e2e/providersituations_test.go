package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// eachOwnProvider runs a test for our own provider in each protocol.
func eachOwnProvider(t *testing.T, test func(t *testing.T, version string)) {
	t.Parallel()
	for _, version := range ownProviders {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, version)
		})
	}
}

// opens makes a client open a room at an address, without waiting for anything.
func (c *client) opens(url, room string, options args) {
	c.t.Helper()
	a := args{"url": url, "room": room}
	for k, v := range options {
		a[k] = v
	}
	c.do("open", a, nil)
}

// mustStayAway checks that a provider has been closed for good, with a code and a reason for its
// user, and does not try again.
func (c *client) mustStayAway(code int, failure string) {
	c.t.Helper()
	c.wait(args{"final": code, "failure": failure})
	st := c.status()
	if len(st.Finals) != 1 || st.Finals[0].Reason == "" || st.Connecting {
		c.t.Errorf("%s: %+v, connecting %v", c.name, st.Finals, st.Connecting)
	}
	if last := st.Failures[len(st.Failures)-1]; last.Message == "" {
		c.t.Errorf("%s is told %+v", c.name, last)
	}
	c.mustBeSound()
}

// TestProviderStartsOffline shows that what is written before the server is there counts as
// unsaved, and is saved when it is; and again, after a restart for which the server says goodbye.
func TestProviderStartsOffline(t *testing.T) {
	eachOwnProvider(t, func(t *testing.T, version string) {
		s := start(t)
		s.kill()
		c := newClient(t, "writer")
		c.opens(s.url(), "minutes", args{"version": version})
		c.writes("before ")
		c.wait(args{"unsaved": 1, "connected": false})
		s = s.restart()
		c.wait(args{"saved": true, "synced": true})
		if code := s.terminate(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		c.wait(args{"connected": false})
		c.writes("between ")
		s = s.restart()
		c.wait(args{"saved": true, "synced": true})
		join(t, s, "minutes", "reader", 3).wait(args{"shows": []string{"between before "}})
		if st := c.status(); len(st.Finals) > 0 {
			t.Errorf("%+v", st.Finals)
		}
		c.mustBeSound()
	})
}

// TestProviderTokenEndsOffline shows that a provider whose token has ended while the server was
// away comes back with another one, and loses nothing.
func TestProviderTokenEndsOffline(t *testing.T) {
	eachOwnProvider(t, func(t *testing.T, version string) {
		b := &backend{tokenRoom: newPunctualRoom(t), ttl: 8 * time.Second}
		site := httptest.NewServer(b)
		t.Cleanup(site.Close)
		c := newClient(t, "Ann")
		c.openWith(b.s, b.room, args{"version": version, "tokenURL": site.URL})
		b.s.kill()
		c.wait(args{"connected": false})
		c.writes("offline ")
		first := b.asked.Load()
		for deadline := time.Now().Add(patience); b.asked.Load() < first+4; { // the last when the token has ended
			if time.Now().After(deadline) {
				t.Fatalf("asked for %d tokens", b.asked.Load())
			}
			time.Sleep(pollInterval)
		}
		b.s = b.s.restart()
		c.wait(args{"saved": true, "synced": true})
		if st := c.status(); st.Connects != 2 || len(st.Finals)+len(st.Failures) > 0 {
			t.Errorf("%d connections, %+v, %+v", st.Connects, st.Finals, st.Failures)
		}
		b.newClient("Bob", 3).shows("offline ")
		c.mustBeSound()
	})
}

// TestProviderKilledWhileTyping shows that when the server is killed directly after an edit, the
// edit is there if the provider had counted it as saved.
func TestProviderKilledWhileTyping(t *testing.T) {
	eachOwnProvider(t, func(t *testing.T, version string) {
		s, saved := start(t), 0
		c := join(t, s, "minutes", "writer", version)
		for _, text := range strings.Fields("one two three four five six") {
			c.writes(text + " ")
			select {
			case <-c.Ended:
			case <-time.After(rand.N(200 * time.Millisecond)): // a moment at random
			}
			s.kill()
			c.wait(args{"connected": false})
			c.do("disconnect", nil, nil)
			unsaved := c.status().Unsaved
			s = s.restart()
			reader := join(t, s, "minutes", "reader", 3)
			if has := strings.Contains(reader.report().Text, text); unsaved == 0 && !has {
				t.Errorf("%q is lost, and was counted as saved", text)
			}
			if unsaved == 0 {
				saved++
			}
			c.do("reconnect", nil, nil)
			c.wait(args{"saved": true})
			reader.shows(text)
		}
		t.Log("counted as saved:", saved)
		c.mustBeSound()
	})
}

// TestProviderPageIsClosed shows that a page that is closed with unsaved edits, and keeps its
// document as y-indexeddb does, counts as unsaved when it is opened again, and is saved then.
func TestProviderPageIsClosed(t *testing.T) {
	eachOwnProvider(t, func(t *testing.T, version string) {
		s := start(t)
		c := join(t, s, "minutes", "writer", version)
		c.writes("saved ")
		c.wait(args{"saved": true})
		s.kill()
		c.wait(args{"connected": false})
		c.writes("not saved ")
		var page struct {
			Kept string `json:"kept"`
		}
		c.do("keep", nil, &page)
		c.Kill()
		again := newClient(t, "the page again")
		again.opens(s.url(), "minutes", args{"version": version, "kept": page.Kept})
		again.wait(args{"unsaved": 1})
		s = s.restart()
		again.wait(args{"saved": true, "synced": true})
		join(t, s, "minutes", "reader", 3).shows("not saved saved ")
		again.mustBeSound()
	})
}

// TestProviderTwoTabs shows that two tabs of one user write together, that each has its caret, and
// that the user stays until the second tab is closed, whatever is destroyed how often.
func TestProviderTwoTabs(t *testing.T) {
	eachOwnProvider(t, func(t *testing.T, version string) {
		p := newTokenRoom(t, "charter")
		options := args{"version": version, "params": args{"token": p.token("Ann")}}
		one, two, bob := newClient(t, "Ann"), newClient(t, "Ann"), p.newClient("Bob", "msgpack")
		one.openWith(p.s, p.room, options)
		two.openWith(p.s, p.room, options)
		one.writes("one ")
		two.shows("one ")
		two.writes("two ")
		one.shows("two one ")
		one.do("point", args{"at": 1}, nil)
		two.wait(args{"carets": []string{"Ann@1", "Bob"}})
		two.do("point", args{"at": 2}, nil)
		one.wait(args{"carets": []string{"Ann@2", "Bob"}})
		bob.wait(args{"carets": []string{"Ann@2", "Bob"}})
		one.writes("last ")
		one.steers("destroy")
		one.steers("destroy")
		two.wait(args{"carets": []string{"Bob"}, "shows": []string{"last two one "}})
		bob.wait(args{"carets": []string{"Ann@7", "Bob"}})
		two.steers("destroy")
		bob.wait(args{"carets": []string{"Bob"}})
		for _, c := range []*client{one, two, bob} {
			c.mustBeSound()
		}
	})
}

// TestProviderDocumentDeleted shows that a provider whose document is deleted says so and stays
// away, also when it is opened again, and that what it still has does not come back.
func TestProviderDocumentDeleted(t *testing.T) {
	eachOwnProvider(t, func(t *testing.T, version string) {
		s := start(t)
		c := join(t, s, "minutes", "writer", version)
		c.writes("all of it")
		c.wait(args{"saved": true})
		run(t, "delete", "minutes", "--yes", "--data-dir", s.dir)
		c.mustStayAway(4410, protocol.CodeDeleted)
		c.writes("more of ")
		c.wait(args{"unsaved": 1})
		again := newClient(t, "again")
		again.opens(s.url(), "minutes", args{"version": version})
		again.writes("something new")
		again.mustStayAway(4410, protocol.CodeDeleted)
		again.wait(args{"unsaved": 1})
	})
}

// TestProviderWrongRoom shows that a provider at an address where no rooms are says so and stays
// away.
func TestProviderWrongRoom(t *testing.T) {
	eachOwnProvider(t, func(t *testing.T, version string) {
		s := start(t)
		c := newClient(t, "lost")
		c.opens(strings.Replace(s.url(), "records", "minutes", 1), "charter", args{"version": version})
		c.mustStayAway(4404, protocol.CodeRoomNotFound)
	})
}

// TestProviderTokenRefused shows that a provider whose token is refused stays away, also one with a
// function that has just made that token, and is not asked again; and that both come with a good
// one.
func TestProviderTokenRefused(t *testing.T) {
	eachOwnProvider(t, func(t *testing.T, version string) {
		p := newTokenRoom(t, "charter")
		var asked atomic.Int32
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			_ = json.NewEncoder(w).Encode(args{"token": p.sign("Ann", time.Hour) + "A"})
		}))
		t.Cleanup(site.Close)
		one, fresh := newClient(t, "one token"), newClient(t, "a function")
		one.opens(p.s.url(), p.room, args{"version": version, "params": args{"token": "dead.x.y"}})
		fresh.opens(p.s.url(), p.room, args{"version": version, "tokenURL": site.URL})
		for _, c := range []*client{one, fresh} {
			c.mustStayAway(4401, protocol.CodeAuthFailed)
			c.writes(c.name + " ")
		}
		if asked.Load() != 1 {
			t.Errorf("the function was asked %d times", asked.Load())
		}
		for _, c := range []*client{one, fresh} {
			c.do("signIn", args{"token": p.token("Ann")}, nil)
			c.do("reconnect", nil, nil)
			c.wait(args{"saved": true, "synced": true})
		}
		converge(t, one, fresh)
	})
}
