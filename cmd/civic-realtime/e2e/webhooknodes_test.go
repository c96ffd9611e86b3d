package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// listener is a receiver of webhooks that counts what comes, and answers as it is told.
type listener struct {
	t      *testing.T
	url    string
	secret standardwebhooks.Secret

	mu     sync.Mutex
	fails  bool                      // it answers with 503
	holds  chan struct{}             // it answers when this is closed; nil: at once
	counts map[string]map[string]int // event → id → how often it came
	more   chan struct{}             // closed when something comes
}

func startListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{t: t, counts: map[string]map[string]int{}, more: make(chan struct{})}
	var err error
	if l.secret, err = standardwebhooks.ParseSecret(webhookSecret); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	t.Cleanup(func() { l.answers(false, nil) })
	l.url = server.URL
	return l
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = standardwebhooks.Verify(r.Header, body, time.Now().Unix(), l.secret)
	}
	var e struct {
		Type string
		Data struct {
			Room    string
			Version int
		}
	}
	if err == nil {
		err = json.Unmarshal(body, &e)
	}
	if err != nil {
		return // the server was killed while it sent
	}
	event := fmt.Sprintf("%s %s %d", e.Type, e.Data.Room, e.Data.Version)
	l.mu.Lock()
	if l.counts[event] == nil {
		l.counts[event] = map[string]int{}
	}
	l.counts[event][r.Header.Get(standardwebhooks.HeaderID)]++
	fails, holds := l.fails, l.holds
	close(l.more)
	l.more = make(chan struct{})
	l.mu.Unlock()
	if holds != nil {
		select {
		case <-holds:
		case <-r.Context().Done():
		}
	}
	if fails {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// answers sets how it answers from now on.
func (l *listener) answers(fails bool, holds chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holds != nil {
		close(l.holds)
	}
	l.fails, l.holds = fails, holds
}

// until waits until the counts of events are ok.
func (l *listener) until(what string, ok func() bool) {
	l.t.Helper()
	late := time.After(patience)
	for {
		l.mu.Lock()
		done, more, all := ok(), l.more, fmt.Sprint(l.counts)
		l.mu.Unlock()
		if done {
			return
		}
		select {
		case <-more:
		case <-late:
			l.t.Fatalf("never: %s; those that have come are %s", what, all)
		}
	}
}

// await waits until all these events have come, at least so often.
func (l *listener) await(often int, events ...string) {
	l.t.Helper()
	for _, e := range events {
		l.until(e, func() bool { return l.times(e) >= often })
	}
}

// times returns how often an event has come; mu is held.
func (l *listener) times(event string) (n int) {
	for often := range maps.Values(l.counts[event]) {
		n += often
	}
	return n
}

// startWebhookNode starts a node that sends events to a listener.
func startWebhookNode(t *testing.T, l *listener, shared *redistest.Server, cluster string) *server {
	t.Helper()
	config := filepath.Join(t.TempDir(), "realtime.yml")
	text := fmt.Sprintf("realtime:\n  redis: {enabled: true, url: '%s'}\n%s  webhook_delivery: {debounce: 100ms}\n  webhooks:\n    - {url: '%s/hook', secret: %s, allow_private: true, name: listener, events: [document.created, document.changed, document.deleted]}\n", shared.URL(), cluster, l.url, webhookSecret)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startWith(t, freeAddr(t), newDataDir(t), "--dev", "--config", config)
}

// sends reports whether a node is the one that sends.
func (s *server) sends() bool { return s.metric("realtime_webhooks_sending") == 1 }

// commands runs a command on the server's data directory.
func (s *server) commands(args ...string) {
	s.t.Helper()
	if out, err := exec.Command(serverBinary, append(args, "--data-dir", s.dir)...).CombinedOutput(); err != nil {
		s.t.Fatalf("%q: %v: %s", args, err, out)
	}
}

// deletes deletes a record by the command.
func (s *server) deletes(room string) {
	s.t.Helper()
	s.commands("delete", "record:"+room, "--yes")
}

// TestWebhooksOfTwoNodes shows with two servers and a Redis that one of them sends the events of
// both, each once; and that when that one is killed, the other one sends all that was not
// delivered: a message that was on its way, with the same id; one that has failed before; and the
// events of a document that the killed node had stored in Redis and not announced.
func TestWebhooksOfTwoNodes(t *testing.T) {
	t.Parallel()
	l := startListener(t)
	shared := redistest.Start(t, "appendonly yes")
	const durable = "  cluster: {durability: redis}\n"
	nodes := []*server{startWebhookNode(t, l, shared, durable), startWebhookNode(t, l, shared, durable)}
	events := func(room string) []string {
		return []string{"document.created record:" + room + " 1", "document.changed record:" + room + " 1"}
	}
	for i := range 8 {
		room := fmt.Sprint("once-", i)
		writeTexts(t, nodes[i%2], room, 7, "a")
		l.await(1, events(room)...)
	}
	nodes[0].deletes("once-0")
	nodes[1].deletes("once-1")
	l.await(1, "document.deleted record:once-0 0", "document.deleted record:once-1 0")
	nodes[0].untilMetrics("one node sends", func(string) bool { return nodes[0].sends() != nodes[1].sends() })
	sender := slices.IndexFunc(nodes, (*server).sends)
	nodes[sender].untilMetrics("the outbox is empty", func(metrics string) bool {
		return nodes[sender].metricIn(metrics, "realtime_webhooks_outbox_messages") == 0
	})
	l.mu.Lock()
	for e, ids := range l.counts {
		if l.times(e) != 1 {
			t.Errorf("%s came %v", e, ids)
		}
	}
	l.mu.Unlock()

	l.answers(true, nil)
	writeTexts(t, nodes[1-sender], "failed", 7, "a")
	l.await(1, events("failed")[0])
	held := make(chan struct{})
	l.answers(false, held)
	writeTexts(t, nodes[1-sender], "on-its-way", 7, "a") // one attempt at a time, after a failure
	writeTexts(t, nodes[sender], "not-announced", 7, "a")
	l.until("an attempt that is held", func() bool {
		return l.times(events("on-its-way")[0])+l.times(events("failed")[0]) >= 2
	})
	nodes[sender].kill()
	l.answers(false, nil)
	for _, room := range []string{"failed", "on-its-way", "not-announced"} {
		l.await(1, events(room)...)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for e, ids := range l.counts {
		if len(ids) != 1 {
			t.Errorf("%s has several ids: %v", e, ids)
		}
	}
	if log := nodes[1-sender].log.String(); !strings.Contains(log, "this node sends the webhooks of all nodes") {
		t.Error("the other node did not take over")
	}
}
