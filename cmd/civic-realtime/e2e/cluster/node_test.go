package cluster

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// node is a server of a cluster: one process after the other in one data directory. Its address
// changes with each process.
type node struct {
	t      *testing.T
	name   string // for people
	binary string
	dir    string // data directory
	config string // path of the configuration
	// imports is how many changes of records by other programs its ended processes have seen.
	imports float64

	mu   sync.Mutex // guards everything below
	cmd  *exec.Cmd
	addr string            // host:port; "" while it does not take clients
	log  *processes.Output // of all processes
	done chan struct{}     // closed when the process has ended
}

// newNode returns a node that is not started.
func newNode(t *testing.T, name, config string) *node {
	t.Helper()
	n := &node{t: t, name: name, binary: binary, dir: filepath.Join(t.TempDir(), "data"), log: processes.Watch("")}
	n.config = filepath.Join(t.TempDir(), name+".yml")
	if err := os.WriteFile(n.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.cleanUp)
	return n
}

// start starts a process, and waits until it listens.
func (n *node) start() {
	n.t.Helper()
	fmt.Fprintf(n.log, "---- %s starts\n", n.name)
	log := processes.Watch(`listening on https?://([0-9.:]+)`) // of this process, for its announcement
	cmd := exec.Command(n.binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", n.dir, "--config", n.config)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + n.t.TempDir(), "CIVIC_REALTIME_ADMIN_LISTEN=127.0.0.1:0", "CIVIC_REALTIME_LOG_FORMAT=text"}
	cmd.Dir = n.t.TempDir()
	cmd.Stdout = io.MultiWriter(n.log, log)
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		cmd.Wait() // terminate reads the code from ProcessState
		close(done)
	}()
	n.mu.Lock()
	n.cmd, n.done = cmd, done
	n.mu.Unlock()
	select {
	case addr := <-log.Seen:
		n.open(addr)
	case <-done:
		n.t.Fatalf("%s ended before it listened\n%s", n.name, n.log.Tail(50))
	case <-time.After(patience):
		n.t.Fatalf("%s does not listen\n%s", n.name, n.log.Tail(50))
	}
}

// open lets clients come to an address, as a balancer does that sees that the node is ready.
func (n *node) open(addr string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addr = addr
}

// shut keeps further clients away, as a balancer does, and returns the address.
func (n *node) shut() (addr string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	addr, n.addr = n.addr, ""
	return addr
}

// address returns where clients may come to, "" if they may not.
func (n *node) address() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.addr
}

// process returns the last process, and a channel that is closed when it has ended; nil if there
// was none.
func (n *node) process() (*exec.Cmd, chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cmd, n.done
}

// kill ends the process at once.
func (n *node) kill() {
	n.count()
	n.shut()
	cmd, done := n.process()
	cmd.Process.Kill()
	<-done
	fmt.Fprintf(n.log, "---- %s was killed\n", n.name)
}

// pause stops the process without its notice, and returns its address, for resume.
func (n *node) pause() (addr string) {
	addr = n.shut()
	cmd, _ := n.process()
	cmd.Process.Signal(syscall.SIGSTOP)
	return addr
}

// resume lets a paused process go on.
func (n *node) resume(addr string) {
	cmd, _ := n.process()
	cmd.Process.Signal(syscall.SIGCONT)
	n.open(addr)
}

// terminate makes the process drain, and waits for its end, with exit code 0 or one of codes. It
// returns how long that took.
func (n *node) terminate(codes ...int) time.Duration {
	n.t.Helper()
	n.count()
	n.shut()
	began := time.Now()
	cmd, done := n.process()
	cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-done:
	case <-time.After(patience):
		n.t.Fatalf("%s does not end\n%s", n.name, n.log.Tail(100))
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 && !slices.Contains(codes, code) {
		n.t.Errorf("%s: exit code %d", n.name, code)
	}
	return time.Since(began)
}

// count adds how many changes of records by other programs the process has seen to those of the
// processes before.
func (n *node) count() { n.imports += n.changes() }

// changes returns how many changes of records by other programs the process has seen. A record
// whose text is what it was does not count.
func (n *node) changes() (sum float64) {
	for _, change := range []string{"edited", "published", "discarded"} {
		k := n.metric(fmt.Sprintf("realtime_record_changes_total{change=%q}", change))
		if sum += k; k > 0 {
			fmt.Fprintf(n.log, "---- %s has seen %v times that a record was %s\n", n.name, k, change)
		}
	}
	return sum
}

func (n *node) cleanUp() {
	if cmd, done := n.process(); cmd != nil {
		cmd.Process.Kill()
		<-done
	}
	if log := n.log.String(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic: ") {
		n.t.Errorf("%s panicked or raced", n.name)
	}
	if n.t.Failed() {
		n.t.Logf("log of %s:\n%s", n.name, n.log.Tail(150))
	}
}

// metric returns the sum of a metric over its labels; 0 if it does not exist, or the node does not
// answer.
func (n *node) metric(name string) (sum float64) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + n.address() + "/metrics")
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	for _, found := range regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(name)+`(?:\{.*\})? (.+)$`).FindAllSubmatch(body, -1) {
		v, _ := strconv.ParseFloat(string(found[1]), 64)
		sum += v
	}
	return sum
}

// copyData makes a data directory like another, whose process has ended.
func copyData(t *testing.T, from string) (to string) {
	t.Helper()
	to = filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !f.Type().IsRegular() {
			continue // the sockets of a process that was killed
		}
		data, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, f.Name()), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}
