package e2e

import (
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// args are a command's arguments, or the conditions of a wait.
type args = processes.Args

// startWorker runs a script with Node.
func startWorker(name string, script ...string) (*processes.Worker, error) {
	return processes.StartWorker(name, 2*patience+minutesIfLong(5, 0), script...)
}

// client is a Node process with one document; client.mjs has its commands.
type client struct {
	*processes.Worker
	t      *testing.T
	name   string
	native bool // speaks one of our own protocols
}

func newClient(t *testing.T, name string) *client {
	t.Helper()
	return newClientOf(t, name, "client.mjs")
}

// newClientOf is newClient for another script, with other commands.
func newClientOf(t *testing.T, name, script string) *client {
	t.Helper()
	w, err := startWorker(name, script)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{Worker: w, t: t, name: name}
	t.Cleanup(c.cleanUp)
	return c
}

func (c *client) cleanUp() {
	c.Kill()
	<-c.Ended
	if c.t.Failed() {
		c.t.Logf("stderr of client %s:\n%s", c.name, c.Log.Tail(30))
	}
}

// begin sends a command without waiting for its reply.
func (c *client) begin(cmd string, a args) processes.Call {
	c.t.Helper()
	return c.Worker.Begin(c.t, c.name, cmd, a)
}

func (c *client) do(cmd string, a args, out any) {
	c.t.Helper()
	c.begin(cmd, a).End(out)
}
