package debian

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const rooms, clients = 3, 9

// said is a line that typing.mjs prints.
type said struct {
	Typing bool
	Words  map[string][]string // by room: what its clients have
	Typed  map[string][]string // by room: what they have typed
	Errors []string
}

// typists are clients with y-websocket that type in a machine.
type typists struct {
	t     *testing.T
	in    io.WriteCloser
	lines *bufio.Reader
}

// nodeIn returns a process of Node with the network of a machine and the files of this one.
func nodeIn(m *machine, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(m.t.Context(), "timeout", append([]string{fmt.Sprint(3 * patience.Seconds()), "nsenter", "--target", fmt.Sprint(m.pid), "--net", "node", "typing.mjs",
		"ws://127.0.0.1:3001/realtime/records"}, args...)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// token has the installed program make a token with the secret of the installation.
func token(m *machine) string {
	m.t.Helper()
	return m.run("civic-realtime", "token", "--config", "/etc/civic-realtime/realtime.yml", "--user", "ann")
}

// startTyping starts clients, whose words begin with a prefix, and waits until all type.
func startTyping(m *machine, prefix string) *typists {
	m.t.Helper()
	cmd := nodeIn(m, token(m), fmt.Sprint(rooms), fmt.Sprint(clients), prefix)
	in, err := cmd.StdinPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	c := &typists{t: m.t, in: in, lines: bufio.NewReader(out)}
	c.await()
	return c
}

func (c *typists) next() (s said) {
	c.t.Helper()
	line, err := c.lines.ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(line), &s)
	}
	if err != nil {
		c.t.Fatalf("the clients say %q: %v", line, err)
	}
	return s
}

func (c *typists) await() {
	c.t.Helper()
	if s := c.next(); !s.Typing {
		c.t.Fatalf("the clients say %v", s)
	}
}

// again waits until all clients are connected and have typed more.
func (c *typists) again() {
	c.t.Helper()
	fmt.Fprintln(c.in, "again")
	c.await()
}

// stop ends the typing, and returns what was typed. No client may have been refused.
func (c *typists) stop() map[string][]string {
	c.t.Helper()
	fmt.Fprintln(c.in, "stop")
	s := c.next()
	for _, e := range s.Errors {
		c.t.Error(e)
	}
	if len(s.Typed) != rooms {
		c.t.Errorf("clients have typed in %d rooms", len(s.Typed))
	}
	return s.Typed
}

// mustHave checks that a newcomer is sent each word once.
func mustHave(m *machine, typed map[string][]string) {
	m.t.Helper()
	out, err := nodeIn(m, token(m), fmt.Sprint(rooms), "0", "").Output()
	var s said
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	if err != nil || len(s.Errors) > 0 {
		m.t.Fatalf("a newcomer says %q: %v", out, err)
	}
	for room, words := range typed {
		count := map[string]int{}
		for _, w := range s.Words[room] {
			count[w]++
		}
		for _, w := range words {
			if count[w] != 1 {
				m.t.Errorf("%s has %s %d times", room, w, count[w])
			}
		}
	}
}

// prober connects again and again from inside the machine's network, and asks whether the server is
// alive. It counts answers, and keeps everything else.
type prober struct {
	done     int
	failures []string
}

// probe starts a prober. stop ends it, and waits until it has ended.
func probe(m *machine) (p *prober, stop func()) {
	p = &prober{}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			conn, err := dialIn(m.pid, "127.0.0.1:3001")
			if err == nil {
				fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: town\r\nConnection: close\r\n\r\n")
				var status string
				status, err = bufio.NewReader(conn).ReadString('\n')
				conn.Close()
				if err == nil && !strings.Contains(status, " 200 ") {
					err = fmt.Errorf("answer %q", status)
				}
			}
			if err != nil {
				p.failures = append(p.failures, err.Error())
			}
			p.done++
		}
	})
	return p, func() {
		cancel()
		running.Wait()
	}
}
