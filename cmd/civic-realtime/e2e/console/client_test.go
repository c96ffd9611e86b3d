package console

import (
	"net/url"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// args are a command's arguments, or the conditions of a wait.
type args = processes.Args

// client is a Node process with one document and a real provider; person.mjs has its commands.
type client struct {
	*processes.Worker
	t    *testing.T
	name string
}

func newClient(t *testing.T, name string) *client {
	t.Helper()
	w, err := processes.StartWorker(name, 2*patience, "person.mjs")
	if err != nil {
		t.Fatal(err)
	}
	c := &client{Worker: w, t: t, name: name}
	t.Cleanup(func() {
		c.Kill()
		<-c.Ended
		if t.Failed() {
			t.Logf("stderr of client %s:\n%s", name, c.Log.Tail(30))
		}
	})
	return c
}

func (c *client) do(cmd string, a args, out any) {
	c.t.Helper()
	c.Begin(c.t, c.name, cmd, a).End(out)
}

// wait waits until all conditions hold; ../lib/conditions.mjs has them.
func (c *client) wait(conditions args) {
	c.t.Helper()
	c.do("wait", args{"until": conditions, "deadline": patience.Milliseconds()}, nil)
}

// joined returns a client that has joined a room, as a user with this name, with a version of
// y-websocket or one of our protocols, and has synced.
func joined(t *testing.T, s *server, name, room string, version any) *client {
	t.Helper()
	c := newClient(t, name)
	c.opens(s, room, version)
	c.wait(args{"synced": true})
	return c
}

// opens connects the client to a room, and waits for nothing.
func (c *client) opens(s *server, room string, version any) {
	c.t.Helper()
	params := args{"token": s.userToken(c.name)}
	if version == 3 {
		room = url.PathEscape(room) // y-websocket leaves that to the page
	}
	c.do("open", args{"url": s.url(), "room": room, "version": version, "params": params}, nil)
}

// write types a text at the start of the document.
func (c *client) write(text string) {
	c.t.Helper()
	c.do("write", args{"text": text}, nil)
}

// shows waits until the client's document has a text.
func (c *client) shows(text string) {
	c.t.Helper()
	c.wait(args{"shows": []string{text}})
}

// status is what a client knows of its connections.
type status struct {
	Connects int
	Closes   []struct {
		Code   int
		Reason string
	}
	Notices []struct{ Level, Message string }
}

func (c *client) status() (st status) {
	c.t.Helper()
	c.do("status", nil, &st)
	return st
}

// userToken returns a token of a user for every record. The user's name is that of its id.
func (s *server) userToken(user string) string {
	s.t.Helper()
	session := auth.Session{Identity: engine.Identity{ID: user, Name: user}}
	token, err := auth.JWTConfig{}.Sign([]byte(userSecret), session, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}
