package console

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// worker is a Node process that executes commands; see ../lib/driven.mjs.
type worker struct {
	name  string
	node  *nodeworker.Process
	log   *output       // its stderr
	ended chan struct{} // closed when the process has ended

	mu      sync.Mutex
	lastID  int
	pending map[int]chan reply // by command id; nil when the process is gone
}

type reply struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
}

// args are a command's arguments, or the conditions of a wait.
type args map[string]any

// startWorker runs a script with Node.
func startWorker(name string, script ...string) (*worker, error) {
	log := watch("")
	node, err := nodeworker.Start(log, script...)
	if err != nil {
		return nil, err
	}
	w := &worker{name: name, node: node, log: log, ended: make(chan struct{}), pending: map[int]chan reply{}}
	go func() {
		w.readReplies(node.Out)
		_ = node.Wait()
		close(w.ended)
	}()
	return w, nil
}

// kill ends the process at once.
func (w *worker) kill() {
	w.node.Kill()
}

// stop lets the process end by itself.
func (w *worker) stop() {
	_ = w.node.In.Close()
	select {
	case <-w.ended:
	case <-time.After(patience):
		w.kill()
	}
}

func (w *worker) readReplies(stdout io.Reader) {
	for r := bufio.NewReader(stdout); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break
		}
		var rep reply
		if err := json.Unmarshal(line, &rep); err != nil {
			rep.Error = fmt.Sprintf("unreadable reply %.200q: %v", line, err)
		}
		w.mu.Lock()
		if ch := w.pending[rep.ID]; ch != nil {
			ch <- rep
			delete(w.pending, rep.ID)
		}
		w.mu.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.pending {
		close(ch)
	}
	w.pending = nil
}

// call is a command in progress.
type call struct {
	t     *testing.T
	name  string
	cmd   string
	reply chan reply
}

// begin sends a command of a test, for the client name, without waiting for its reply.
func (w *worker) begin(t *testing.T, name, cmd string, a args) call {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	ch := make(chan reply, 1)
	if w.pending == nil {
		close(ch)
		return call{t, name, cmd, ch}
	}
	w.lastID++
	w.pending[w.lastID] = ch
	message := args{"id": w.lastID, "cmd": cmd}
	for k, v := range a {
		message[k] = v
	}
	line, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	w.node.In.Write(append(line, '\n')) // if the process is gone, readReplies closes ch
	return call{t, name, cmd, ch}
}

// end waits for the reply, and decodes its result into out, which may be nil.
func (c call) end(out any) {
	c.t.Helper()
	var rep reply
	select {
	case r, ok := <-c.reply:
		if !ok {
			c.t.Fatalf("client %s is gone during %s", c.name, c.cmd)
		}
		rep = r
	case <-time.After(2 * patience):
		c.t.Fatalf("client %s does not answer %s", c.name, c.cmd)
	}
	if rep.Error != "" {
		c.t.Fatalf("client %s: %s: %s", c.name, c.cmd, rep.Error)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(rep.Result, out); err != nil {
		c.t.Fatalf("client %s: %s: %v", c.name, c.cmd, err)
	}
}
