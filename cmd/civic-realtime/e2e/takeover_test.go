package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/takeover"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// office is a server with many clients that type, in Go and with y-websocket.
type office struct {
	t       *testing.T
	s       *server
	stop    context.CancelFunc
	running sync.WaitGroup
	typists []*typist
	pages   []*client        // y-websocket
	typing  []processes.Call // of pages
}

const (
	officeRooms    = 4
	typistsPerRoom = 4
)

// newOffice starts the server and the clients, and waits until all have typed something.
func newOffice(t *testing.T, s *server) *office {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	o := &office{t: t, s: s, stop: stop}
	t.Cleanup(func() {
		stop()
		o.running.Wait()
	})
	for i := range officeRooms * typistsPerRoom {
		c := newTypist(s, fmt.Sprint("room-", i%officeRooms), uint64(100+i))
		o.typists = append(o.typists, c)
		o.running.Go(func() { c.run(ctx) })
	}
	for i, name := range []string{"ann", "bob"} {
		page := newClient(t, name)
		page.openWith(s, "pages", args{"version": 3 - i, "record": true})
		o.pages = append(o.pages, page)
		o.typing = append(o.typing, page.begin("type", args{"name": name, "seed": i + 1}))
	}
	o.awaitTyping()
	return o
}

// awaitTyping waits until every client is connected and has been sent more than it has now.
func (o *office) awaitTyping() {
	o.t.Helper()
	before := make([]uint64, len(o.typists))
	for i, c := range o.typists {
		c.mu.Lock()
		before[i] = c.shown.Clock(c.id)
		c.mu.Unlock()
	}
	o.until("all clients are connected and type", func() bool {
		for i, c := range o.typists {
			c.mu.Lock()
			typing := c.synced && c.shown.Clock(c.id) > before[i]+wordLength
			c.mu.Unlock()
			if !typing {
				return false
			}
		}
		return true
	})
	for _, page := range o.pages {
		page.wait(args{"synced": true, "connected": true})
	}
}

func (o *office) until(what string, ok func() bool) {
	o.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			o.t.Fatalf("never: %s", what)
		}
	}
}

// close ends the typing, and checks that nothing is lost: the server has, after a last restart,
// everything that it has ever sent to any client, and everything that was typed.
func (o *office) close() {
	o.t.Helper()
	var kept []string
	for i, page := range o.pages {
		kept = append(kept, stopTyping(page, o.typing[i])...)
	}
	if len(o.pages) > 0 {
		mustHoldOnce(o.t, converge(o.t, append(o.pages, join(o.t, o.s, "pages", "newcomer", 3))...).Text, kept)
	}
	for _, c := range o.typists {
		c.mu.Lock()
		typed := c.typed
		c.mu.Unlock()
		o.until("what was typed is sent back", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.shown.Clock(c.id) >= typed
		})
	}
	o.stop()
	o.running.Wait()
	if code := o.s.terminate(); code != 0 {
		o.t.Errorf("exit code %d", code)
	}
	o.s = startWith(o.t, freeAddr(o.t), o.s.dir, o.s.flags...)
	for _, c := range o.typists {
		for _, lost := range c.lost {
			o.t.Error(lost)
		}
		rest := newTypist(o.s, c.room, 7)
		ctx, stop := context.WithCancel(context.Background())
		var reading sync.WaitGroup
		reading.Go(func() { rest.run(ctx) })
		o.until(fmt.Sprintf("a new client is sent the %d letters of client %d", c.shown.Clock(c.id), c.id), func() bool {
			rest.mu.Lock()
			defer rest.mu.Unlock()
			return rest.shown.Clock(c.id) >= c.shown.Clock(c.id)
		})
		stop()
		reading.Wait()
	}
}

// rounds returns how many times something is done: many if E2E_LONG is set.
func rounds(few, many int) int {
	if long {
		return many
	}
	return few
}

// TestTakeovers shows upgrades under load: each new process takes over from the one before, every
// attempt to connect succeeds meanwhile, clients are told to come back (4503) and nothing else, and
// no update is lost. Each process that was taken over from ends with code 0 and without a warning.
func TestTakeovers(t *testing.T) {
	t.Parallel()
	testTakeovers(t, start(t), rounds(3, 24))
}

// TestTakeoversOverTLS is TestTakeovers over TLS.
func TestTakeoversOverTLS(t *testing.T) {
	t.Parallel()
	s, _, _ := startTLS(t)
	testTakeovers(t, s, rounds(2, 24))
}

func testTakeovers(t *testing.T, s *server, rounds int) {
	o := newOffice(t, s)
	probing, stopProbing := context.WithCancel(context.Background())
	probe := &prober{addr: s.addr, tls: s.secure() != ""}
	o.running.Go(func() { probe.run(probing) })
	defer stopProbing()
	for round := range rounds {
		before := o.s
		o.s = startWith(t, before.addr, before.dir, append(slices.Clone(s.flags), "--takeover")...)
		if code := before.exit(patience); code != 0 {
			t.Errorf("round %d: exit code %d", round, code)
		}
		if log := before.log.String(); !strings.Contains(log, "handed over") || len(before.log.Complaints()) > 0 {
			t.Errorf("round %d: the server before says\n%s", round, log)
		}
		o.awaitTyping()
		t.Logf("round %d: clients waited %v", round, o.s.metric("realtime_takeover_seconds"))
	}
	stopProbing()
	for _, c := range o.typists {
		c.mu.Lock()
		for _, failure := range c.failures {
			t.Errorf("client %d: %s", c.id, failure)
		}
		for _, end := range c.closes {
			if end.code != 4503 {
				t.Errorf("client %d was closed with %d", c.id, end.code)
			}
		}
		c.mu.Unlock()
	}
	for _, page := range o.pages {
		for _, end := range page.status().Closes {
			if end.Code != 4503 {
				t.Errorf("client %s was closed with %d %s", page.name, end.Code, end.Reason)
			}
		}
	}
	o.close()
	if probe.done == 0 || len(probe.failures) > 0 {
		t.Errorf("%d connections, of which failed: %q", probe.done, probe.failures)
	}
}

// TestTakeoverOfManyRooms takes over from a server with many rooms, in each of which somebody
// types, and shows that all come back to the new process and nothing is lost. How long the first
// and the last client waited is logged, and compared with a bound only if the test has the machine
// for itself: with E2E_LONG set.
func TestTakeoverOfManyRooms(t *testing.T) {
	if !long {
		t.Parallel()
	}
	s := start(t)
	ctx, stop := context.WithCancel(context.Background())
	o := &office{t: t, s: s, stop: stop}
	t.Cleanup(func() {
		stop()
		o.running.Wait()
	})
	for i := range rounds(100, 2000) {
		c := newTypist(s, fmt.Sprint("room-", i), uint64(100+i))
		c.rest = time.Second
		o.typists = append(o.typists, c)
		o.running.Go(func() { c.run(ctx) })
	}
	o.awaitTyping()
	o.s = startWith(t, s.addr, s.dir, "--dev", "--takeover")
	if code := s.exit(patience); code != 0 {
		t.Errorf("exit code %d", code)
	}
	o.awaitTyping()
	var waited []time.Duration
	for _, c := range o.typists {
		c.mu.Lock()
		if len(c.closes) == 1 && len(c.failures) == 0 {
			waited = append(waited, c.joined.Sub(c.closes[0].at))
		} else {
			t.Errorf("client %d was closed %d times; it failed to connect %q", c.id, len(c.closes), c.failures)
		}
		c.mu.Unlock()
	}
	if t.Failed() {
		return
	}
	slices.Sort(waited)
	serving := o.s.metric("realtime_takeover_seconds")
	t.Logf("%d rooms: the new process served after %.3f s; clients joined %v to %v after their close, the median %v", len(waited), serving, waited[0], waited[len(waited)-1], waited[len(waited)/2])
	if long && (serving > 2 || waited[0] > 2*time.Second) {
		t.Errorf("clients waited for %v s", serving)
	}
	o.close()
}

// prober connects again and again, and asks over HTTP whether the server is alive.
type prober struct {
	addr     string
	tls      bool
	done     int
	failures []string
}

func (p *prober) run(ctx context.Context) {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{RootCAs: testCA.pool}}}
	url := map[bool]string{false: "http://", true: "https://"}[p.tls] + p.addr + "/healthz"
	for ctx.Err() == nil {
		conn, _, err := handshake(context.Background(), p.addr, p.tls, "/realtime/records/probe")
		if err == nil {
			conn.Close()
		} else {
			p.failures = append(p.failures, err.Error())
		}
		resp, err := client.Get(url)
		if err == nil {
			resp.Body.Close()
		} else {
			p.failures = append(p.failures, err.Error())
		}
		p.done++
		time.Sleep(5 * time.Millisecond)
	}
}

// TestDrains shows restarts under load: clients are closed with 4503, most rounds over half of
// drain.spread at least, and come back to the next process; no update is lost.
func TestDrains(t *testing.T) {
	t.Parallel()
	const spread = 800 * time.Millisecond
	config := filepath.Join(t.TempDir(), "realtime.yml")
	if err := os.WriteFile(config, []byte("realtime: {drain: {spread: "+spread.String()+", timeout: 30s}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, startWith(t, freeAddr(t), newDataDir(t), "--dev", "--config", config))
	all, spreadOut := rounds(3, 24), 0
	for round := range all {
		began := time.Now()
		if code := o.s.terminate(); code != 0 {
			t.Errorf("round %d: exit code %d", round, code)
		}
		if bad := o.s.log.Complaints(); len(bad) > 0 {
			t.Errorf("round %d: the server says\n%s", round, strings.Join(bad, "\n"))
		}
		var times []time.Time
		for _, c := range o.typists {
			c.mu.Lock()
			last := ending{}
			if len(c.closes) > 0 {
				last = c.closes[len(c.closes)-1]
			}
			if last.code != 4503 || last.at.Before(began) {
				t.Errorf("round %d: client %d was last closed with %d", round, c.id, last.code)
			}
			times = append(times, last.at)
			c.mu.Unlock()
		}
		slices.SortFunc(times, time.Time.Compare)
		if times[len(times)-1].Sub(times[0]) >= spread/2 {
			spreadOut++
		}
		o.s = o.s.restart()
		o.awaitTyping()
	}
	if spreadOut <= all/2 {
		t.Errorf("closes were spread in %d of %d rounds", spreadOut, all)
	}
	o.close()
}

// TestTakeoverFails shows that a process that fails to take over harms nobody: one with a wrong
// configuration, or with another address that is in use, fails before anything has happened to the
// server; if one ends after the server has given up its data, the server serves on, also those
// clients that came meanwhile, and the next process can take over.
func TestTakeoverFails(t *testing.T) {
	t.Parallel()
	s := start(t)
	writeTexts(t, s, "r", 1, "before")
	other := start(t)
	for i, test := range []struct {
		args []string
		code int
	}{
		{[]string{"--durability", "some"}, 2},
		{[]string{"--listen", other.addr}, 1},
	} {
		failing := launch(t, append([]string{"serve", "--dev", "--takeover", "--listen", s.addr, "--data-dir", s.dir}, test.args...)...)
		if code := failing.exit(patience); code != test.code {
			t.Errorf("%q: exit code %d\n%s", test.args, code, failing.log)
		}
		writeTexts(t, s, "r", 10+uint64(i), "still")
	}
	if log := s.log.String(); strings.Contains(log, "handing over") {
		t.Errorf("the server has closed its clients\n%s", log)
	}

	ann := dialRaw(t, s, "/realtime/records/r")
	before, err := takeover.Ask(s.dir)
	if err != nil || before == nil {
		t.Fatal(before, err)
	}
	if lost := before.Begin(); lost != nil {
		t.Fatal(lost)
	}
	if code, _ := ann.closeCode(); code != 4503 {
		t.Errorf("a client was closed with %d", code)
	}
	waiting, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	for _, socket := range before.Sockets {
		socket.Listener.Close()
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(waiting, "GET /readyz HTTP/1.1\r\nHost: %s\r\n\r\n", s.addr)
	if resp, err := http.ReadResponse(bufio.NewReader(waiting), nil); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("a client that had to wait: %v, %v", resp, err)
	}
	mustHaveTexts(t, s, "r", 1, "before")
	writeTexts(t, s, "r", 30, "after")
	if log := s.log.String(); strings.Count(log, "this one serves on") != 1 {
		t.Errorf("the log says\n%s", log)
	}
	next := startWith(t, s.addr, s.dir, "--dev", "--takeover")
	if code := s.exit(patience); code != 0 {
		t.Errorf("exit code %d", code)
	}
	mustHaveTexts(t, next, "r", 30, "after")
}
