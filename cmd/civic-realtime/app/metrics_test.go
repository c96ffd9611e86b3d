package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/memory"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/metricset"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/peers"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sandbox"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sockets"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/documents"
	"github.com/civicpress/civic-realtime/transport/webhooks"
)

// metered is a server with all parts that have metrics, on a free port.
type metered struct {
	*metricset.Set
	t    *testing.T
	addr string
}

// newMetered starts a server that lets everybody in.
func newMetered(t *testing.T) *metered {
	t.Helper()
	c, err := parse(t, "realtime: {path: /realtime, civicpress: {url: 'http://127.0.0.1:1', token: t}, auth: {jwt: {jwks_url: 'https://127.0.0.1:1'}}}")
	if err != nil {
		t.Fatal(err)
	}
	log, lines := slog.New(slog.DiscardHandler), newLogSink(&bytes.Buffer{})
	store, err := bolt.Open(t.TempDir(), c.bolt())
	if err != nil {
		t.Fatal(err)
	}
	client, err := civicpress.New(c.CivicPress.client())
	if err != nil {
		t.Fatal(err)
	}
	hooked := testHooks(t, "http://127.0.0.1:1")
	keys, err := auth.NewRemoteKeys(c.Auth.JWT.remoteKeys(), log)
	if err != nil {
		t.Fatal(err)
	}
	trail, err := audit.Open(filepath.Join(t.TempDir(), "audit.log"), Version, log)
	if err != nil {
		t.Fatal(err)
	}
	m := &metered{Set: newMetrics(), t: t}
	shared, err := redis.Open(t.Context(), redis.Config{URL: redistest.Start(t).URL()}, log)
	if err != nil {
		t.Fatal(err)
	}
	member := cluster.New(cluster.Config{Shared: shared})
	rooms := nodestore.New(nodestore.Config{Node: member, Shared: shared, Archive: shared.Rooms("", c.retention()), Local: store, ShardOf: shared.ShardOf, Log: log})
	e := engine.New(engineConfig(c), store, log)
	tc := transportConfig(c)
	tc.Metrics = m.WriteMetrics
	server := transport.New(tc, e, auth.AllowAll{}, log)
	addMetrics(m.Set, testCertificates(t), lines, new(reloadMetrics), store, shared, member, rooms, peers.New(peers.Config{Secret: "s"}, log), client, hooked, keys, trail, e, server, new(sockets.Inherited), (*memory.Watcher)(nil), admin.New(admin.Config{Settings: admin.Settings{Token: "t"}}, log), documents.New(documents.Config{}, log), webhooks.New(webhooks.Config{}, log), sandbox.New(playgroundPath, consolePath, sandbox.Config{}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	m.addr = l.Addr().String()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		client.Close()
		trail.Close()
		_ = errors.Join(store.Close(), shared.Close())
	})
	return m
}

// text returns all metrics.
func (m *metered) text() string {
	var out strings.Builder
	m.WriteMetrics(&out)
	return out.String()
}

var sampleName = regexp.MustCompile(`^([a-z_]+)(\{.*\})? \S+\n$`)

// series returns the names of all values in a text, with their labels, in order.
func series(t *testing.T, text string) (names []string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		found := sampleName.FindStringSubmatch(line)
		if found == nil {
			t.Fatalf("malformed: %s", line)
		}
		names = append(names, found[1]+found[2])
	}
	return names
}

// families returns the types of the metrics in a text, by name.
func families(text string) map[string]string {
	types := make(map[string]string)
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(strings.TrimSpace(rest), " ")
			types[name] = kind
		}
	}
	return types
}

// familyOf returns the metric that a value belongs to.
func familyOf(types map[string]string, name string) string {
	name, _, _ = strings.Cut(name, "{")
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && (types[base] == "histogram" || types[base] == "summary") {
			return base
		}
	}
	return name
}

// TestEveryMetricIsDescribed shows that every metric that a server writes has a type and a meaning,
// that every described metric is written from the start, and that no value is written twice. The
// metrics of the process depend on the system.
func TestEveryMetricIsDescribed(t *testing.T) {
	m := newMetered(t)
	text := m.text()
	types := families(text)
	seen := make(map[string]bool)
	for _, name := range series(t, text) {
		if types[familyOf(types, name)] == "" {
			t.Errorf("%s is not described", name)
		}
		if seen[name] {
			t.Errorf("%s is written twice", name)
		}
		seen[name] = true
	}
	for _, d := range m.Descriptions() {
		if strings.HasPrefix(d.Name, "realtime_") && types[d.Name] == "" {
			t.Errorf("%s is described, and not written", d.Name)
		}
	}
}

// TestPromtool shows that Prometheus' own check finds nothing to criticise. It is left to the other
// tests where promtool is not installed.
func TestPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool is not installed: apt-get install --no-install-recommends prometheus")
		return
	}
	check := exec.Command(promtool, "check", "metrics")
	check.Stdin = strings.NewReader(newMetered(t).text())
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// hostile is a client that ignores everything.
type hostile struct {
	gws.BuiltinEventHandler
	closed chan struct{}
}

// OnClose implements gws.Event.
func (h *hostile) OnClose(*gws.Conn, error) { close(h.closed) }

// attack opens a connection, sends frames, and closes with a code that nobody knows.
func (m *metered) attack(path, protocol string, frames ...string) {
	m.t.Helper()
	h := &hostile{closed: make(chan struct{})}
	header := http.Header{}
	if protocol != "" {
		header.Set("Sec-WebSocket-Protocol", protocol)
	}
	socket, _, err := gws.NewClient(h, &gws.ClientOption{Addr: "ws://" + m.addr + path, RequestHeader: header, HandshakeTimeout: patience})
	if err != nil {
		return // refused by a status
	}
	go socket.ReadLoop()
	for _, f := range frames {
		_ = socket.WriteMessage(gws.OpcodeText, []byte(f))
		_ = socket.WriteMessage(gws.OpcodeBinary, []byte(f))
	}
	socket.WriteClose(4999, []byte("evil-reason"))
	select {
	case <-h.closed:
	case <-time.After(patience):
		m.t.Error("the connection does not end")
	}
}

// TestLabelsAreBounded shows that no client can add a value to the metrics: not with names of rooms
// and users, protocols, malformed messages or close codes.
func TestLabelsAreBounded(t *testing.T) {
	m := newMetered(t)
	before := series(t, m.text())
	junk := []string{"", "\x00", "\x00\x02\x05", "{", `{"type":"evil-type"}`, `{"type":"sync","update":"%%%"}`, strings.Repeat("\x01", 5000),
		string(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: []byte{9, 9, 9}}))}
	for _, path := range []string{"/realtime/records/evil-room", "/realtime/evil-kind/x", "/realtime/records/" + strings.Repeat("evil", 200), "/realtime/records/a?token=evil-token"} {
		for _, offered := range []string{"", "y-websocket", "civicpress.v1.json", "civicpress.v1.msgpack", "evil-protocol"} {
			m.attack(path, offered, junk...)
		}
	}
	text := m.text()
	if strings.Contains(text, "evil") {
		t.Error("a label comes from a client")
	}
	for _, name := range series(t, text) {
		if !slices.Contains(before, name) {
			t.Errorf("%s was added", name)
		}
	}
	for _, never := range []string{
		"realtime_connections_accepted_total 0\n", `realtime_disconnects_total{reason="client_closed"} 0` + "\n",
		`realtime_disconnects_total{reason="room_not_found"} 0` + "\n", `realtime_invalid_messages_total{reason="unexpected end of input"} 0` + "\n",
	} {
		if strings.Contains(text, never) {
			t.Errorf("nothing was counted: %s", never)
		}
	}
}
