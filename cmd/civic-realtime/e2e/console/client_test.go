package console

import (
	"os/exec"
	"strings"
	"testing"
)

// client is a Node process with one document and a real provider; ../client.mjs has its commands.
type client struct {
	*worker
	t *testing.T
}

func newClient(t *testing.T, name string) *client {
	t.Helper()
	w, err := startWorker(name, "../client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	c := &client{worker: w, t: t}
	t.Cleanup(func() {
		c.kill()
		<-c.ended
		if t.Failed() {
			t.Logf("stderr of client %s:\n%s", name, c.log.tail(30))
		}
	})
	return c
}

func (c *client) do(cmd string, a args, out any) {
	c.t.Helper()
	c.begin(c.t, c.name, cmd, a).end(out)
}

// wait waits until all conditions hold; ../lib/conditions.mjs has them.
func (c *client) wait(conditions args) {
	c.t.Helper()
	c.do("wait", args{"until": conditions, "deadline": patience.Milliseconds()}, nil)
}

// join opens a room of a server as a user with the client's name, with a version of y-websocket or
// one of our protocols, and waits until it has synced.
func (c *client) join(s *server, room string, version any, access string) {
	c.t.Helper()
	c.open(s, room, version, access)
	c.wait(args{"synced": true})
}

// open is join that waits for nothing.
func (c *client) open(s *server, room string, version any, access string) {
	c.t.Helper()
	token := s.userToken(c.name, access)
	c.do("open", args{"url": s.url(), "room": room, "version": version, "params": args{"token": token}}, nil)
}

// joined returns a client that has joined a room, and may edit it.
func joined(t *testing.T, s *server, name, room string, version any) *client {
	t.Helper()
	c := newClient(t, name)
	c.join(s, room, version, "edit")
	return c
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

// closes is what a client knows of the ends of its connections.
type closes []struct {
	Code   int
	Reason string
}

func (c *client) closes() closes {
	c.t.Helper()
	var st struct{ Closes closes }
	c.do("status", nil, &st)
	return st.Closes
}

// userToken returns a token of a user for every record, made by the binary. The user's name is that
// of its id.
func (s *server) userToken(user, access string) string {
	s.t.Helper()
	out, err := exec.Command(binary, "token", "--jwt-secret-file", s.secret, "--user", user, "--name", user, "--record", "*", "--access", access).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
