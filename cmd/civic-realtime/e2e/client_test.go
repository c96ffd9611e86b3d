package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// A client is one Node process with one document; see client.mjs for its commands.
type client struct {
	t     *testing.T
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	log   *output // its stderr

	native bool // it speaks one of our own protocols

	mu      sync.Mutex
	lastID  int
	pending map[int]chan reply // by command id; closed when the process is gone
}

type reply struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
}

// args are a command's arguments, or the conditions of a wait.
type args map[string]any

func newClient(t *testing.T, name string) *client {
	t.Helper()
	c := &client{t: t, name: name, cmd: exec.Command("node", "client.mjs"), log: watch(""), pending: map[int]chan reply{}}
	c.cmd.Stderr = c.log
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.stdin = stdin
	ended := make(chan struct{})
	go c.readReplies(stdout, ended)
	t.Cleanup(func() { c.cleanUp(ended) })
	return c
}

func (c *client) cleanUp(ended <-chan struct{}) {
	c.kill()
	<-ended
	c.cmd.Wait()
	if c.t.Failed() {
		c.t.Logf("stderr of client %s:\n%s", c.name, c.log.tail(30))
	}
}

// kill ends the process without a word to the server.
func (c *client) kill() {
	c.cmd.Process.Kill()
}

func (c *client) readReplies(stdout io.Reader, ended chan<- struct{}) {
	defer close(ended)
	for r := bufio.NewReader(stdout); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break
		}
		var rep reply
		if err := json.Unmarshal(line, &rep); err != nil {
			rep.Error = fmt.Sprintf("unreadable reply %.200q: %v", line, err)
		}
		c.mu.Lock()
		if ch := c.pending[rep.ID]; ch != nil {
			ch <- rep
			delete(c.pending, rep.ID)
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range c.pending {
		close(ch)
	}
	c.pending = nil
}

// A call is a command under way.
type call struct {
	c     *client
	cmd   string
	reply chan reply
}

// begin sends a command without waiting for its reply.
func (c *client) begin(cmd string, a args) call {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan reply, 1)
	if c.pending == nil {
		close(ch)
		return call{c, cmd, ch}
	}
	c.lastID++
	c.pending[c.lastID] = ch
	message := args{"id": c.lastID, "cmd": cmd}
	for k, v := range a {
		message[k] = v
	}
	line, err := json.Marshal(message)
	if err != nil {
		c.t.Fatal(err)
	}
	c.stdin.Write(append(line, '\n')) // a process that is gone closes the reply
	return call{c, cmd, ch}
}

// end waits for the reply and decodes its result into out, which may be nil.
func (p call) end(out any) {
	p.c.t.Helper()
	var rep reply
	select {
	case r, ok := <-p.reply:
		if !ok {
			p.c.t.Fatalf("client %s is gone during %s", p.c.name, p.cmd)
		}
		rep = r
	case <-time.After(2*patience + minutesIfLong(5, 0)):
		p.c.t.Fatalf("client %s does not answer %s", p.c.name, p.cmd)
	}
	if rep.Error != "" {
		p.c.t.Fatalf("client %s: %s: %s", p.c.name, p.cmd, rep.Error)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(rep.Result, out); err != nil {
		p.c.t.Fatalf("client %s: %s: %v", p.c.name, p.cmd, err)
	}
}

func (c *client) do(cmd string, a args, out any) {
	c.t.Helper()
	c.begin(cmd, a).end(out)
}
