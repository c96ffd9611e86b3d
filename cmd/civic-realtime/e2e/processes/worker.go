package processes

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

// Worker is a Node process that executes commands, several at a time; see ../lib/driven.mjs.
type Worker struct {
	Name  string
	Log   *Output       // its stderr
	Ended chan struct{} // closed when the process has ended

	node     *nodeworker.Process
	patience time.Duration

	mu      sync.Mutex
	lastID  int
	pending map[int]chan reply // by command id; nil when the process is gone
}

type reply struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
}

// Args are a command's arguments, or the conditions of a wait.
type Args map[string]any

// StartWorker runs a script with Node. A command that is not answered for longer than patience has
// failed.
func StartWorker(name string, patience time.Duration, script ...string) (*Worker, error) {
	log := Watch("")
	node, err := nodeworker.Start(log, script...)
	if err != nil {
		return nil, err
	}
	w := &Worker{
		Name: name, Log: log, Ended: make(chan struct{}),
		node: node, patience: patience, pending: map[int]chan reply{},
	}
	go func() {
		w.readReplies(node.Out)
		_ = node.Wait()
		close(w.Ended)
	}()
	return w, nil
}

// Kill ends the process at once.
func (w *Worker) Kill() { w.node.Kill() }

// Stop lets the process end by itself, and kills it if it does not.
func (w *Worker) Stop() {
	_ = w.node.In.Close()
	select {
	case <-w.Ended:
	case <-time.After(w.patience):
		w.Kill()
	}
}

func (w *Worker) readReplies(stdout io.Reader) {
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

// Call is a command in progress.
type Call struct {
	t        *testing.T
	name     string
	cmd      string
	patience time.Duration
	reply    chan reply
}

// Begin sends a command of a test, for the client name, without waiting for its reply.
func (w *Worker) Begin(t *testing.T, name, cmd string, a Args) Call {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	c := Call{t, name, cmd, w.patience, make(chan reply, 1)}
	if w.pending == nil {
		close(c.reply)
		return c
	}
	w.lastID++
	w.pending[w.lastID] = c.reply
	message := Args{"id": w.lastID, "cmd": cmd}
	for k, v := range a {
		message[k] = v
	}
	line, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	w.node.In.Write(append(line, '\n')) // if the process is gone, readReplies closes the channel
	return c
}

// End waits for the reply, and decodes its result into out, which may be nil. It ends the test if
// the command has failed.
func (c Call) End(out any) {
	c.t.Helper()
	var rep reply
	select {
	case r, ok := <-c.reply:
		if !ok {
			c.t.Fatalf("client %s is gone during %s", c.name, c.cmd)
		}
		rep = r
	case <-time.After(c.patience):
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
