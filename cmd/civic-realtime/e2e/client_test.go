package e2e

import "testing"

// client is a Node process with one document; client.mjs has its commands.
type client struct {
	*worker
	t      *testing.T
	native bool // speaks one of our own protocols
}

func newClient(t *testing.T, name string) *client {
	t.Helper()
	w, err := startWorker(name, "client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	c := &client{worker: w, t: t}
	t.Cleanup(c.cleanUp)
	return c
}

func (c *client) cleanUp() {
	c.kill()
	<-c.ended
	if c.t.Failed() {
		c.t.Logf("stderr of client %s:\n%s", c.name, c.log.tail(30))
	}
}

// begin sends a command without waiting for its reply.
func (c *client) begin(cmd string, a args) call {
	c.t.Helper()
	return c.worker.begin(c.t, c.name, cmd, a)
}

func (c *client) do(cmd string, a args, out any) {
	c.t.Helper()
	c.begin(cmd, a).end(out)
}
