package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/history"
)

// patience bounds every wait for something that must happen.
const patience = 30 * time.Second

const testToken = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// fakeEngine has rooms that are made up, and records what it is asked to do.
type fakeEngine struct {
	rooms  []engine.RoomInfo
	detail engine.RoomDetail
	fails  error // returned by all methods that may fail

	readings atomic.Uint64 // calls of totals

	mu    sync.Mutex
	calls []string
}

func (e *fakeEngine) call(parts ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = append(e.calls, strings.Join(parts, " "))
}

func (e *fakeEngine) EachRoom(f func(engine.RoomInfo)) {
	for _, r := range e.rooms {
		f(r)
	}
}

func (e *fakeEngine) RoomDetail(_ context.Context, key roomkey.Key) (engine.RoomDetail, error) {
	e.call("detail", key.String())
	return e.detail, e.fails
}

// totals counts an update, a refusal and a delay for each reading.
func (e *fakeEngine) totals() history.Totals {
	n := e.readings.Add(1)
	times := history.Buckets{Bounds: []float64{1, 2}, Counts: []uint64{0, n, n}}
	return history.Totals{
		At: time.Now(), People: 7, Rooms: 3, Connections: 9, FailingRooms: 1, MemoryBytes: 1 << 20,
		Updates: n, FailedSaves: n, Refused: n, Delays: times, Commits: times,
	}
}

func (e *fakeEngine) Locks() []engine.Decision {
	return []engine.Decision{{Subject: "record:a", By: "ann", Made: now}, {Subject: "record:b", By: "admin", Made: now}}
}

func (e *fakeEngine) Bans() []engine.Decision {
	return []engine.Decision{
		{Subject: "u1", By: "ann", Made: now, Until: now.Add(time.Hour), Reason: "spam"},
		{Subject: "u2\nrecord:a", By: "user:u1", Made: now, Until: now.Add(time.Hour)},
	}
}

func (e *fakeEngine) StoredRooms(_ context.Context, prefix, after string, limit int) ([]engine.StoredRoom, bool, error) {
	e.call("stored", prefix, after)
	all := []engine.StoredRoom{
		{Key: "record:a", Saved: now, Snapshot: 9, Rows: 2, Versions: 3, Expires: now}, {Key: "notes/c", Snapshot: -1, Rows: 1},
	}
	return all[:min(limit, 2)], limit < 2, e.fails
}

func (e *fakeEngine) Versions(_ context.Context, key roomkey.Key) ([]engine.Version, error) {
	e.call("versions", key.String())
	return e.detail.Versions, e.fails
}

func (e *fakeEngine) RestoreSnapshot(
	_ context.Context, key roomkey.Key, blob []byte, id uint64, by engine.Author,
) (uint64, error) {
	e.call("restore snapshot", key.String(), fmt.Sprint(id), fmt.Sprint(len(blob)), by.ID)
	return 8, e.fails
}

func (e *fakeEngine) CreateVersion(
	_ context.Context, key roomkey.Key, name string, by engine.Author,
) (engine.Version, error) {
	e.call("create version", key.String(), name, by.ID)
	return engine.Version{ID: 5, Time: now, Why: "by hand", Size: 9, Name: name, By: by.ID}, e.fails
}

func (e *fakeEngine) RenameVersion(_ context.Context, key roomkey.Key, id uint64, name string) error {
	e.call("rename version", key.String(), fmt.Sprint(id), name)
	return e.fails
}

func (e *fakeEngine) DeleteVersion(_ context.Context, key roomkey.Key, id uint64) error {
	e.call("delete version", key.String(), fmt.Sprint(id))
	return e.fails
}

func (e *fakeEngine) Delete(_ context.Context, key roomkey.Key, by engine.Author) error {
	e.call("delete", key.String(), by.ID)
	return e.fails
}

func (e *fakeEngine) Undelete(_ context.Context, key roomkey.Key, by engine.Author) error {
	e.call("undelete", key.String(), by.ID)
	return e.fails
}

func (e *fakeEngine) RestoreVersion(_ context.Context, key roomkey.Key, id uint64, by engine.Author) (uint64, error) {
	e.call("restore", key.String(), fmt.Sprint(id), by.ID)
	return id + 1, e.fails
}

func (e *fakeEngine) document(_ context.Context, key roomkey.Key, id uint64, format string) (Document, error) {
	e.call("document", key.String(), fmt.Sprint(id), format)
	text := map[string]string{"json": "{}", "markdown": strings.Repeat("line\n", 1<<19)}[format]
	return Document{Body: []byte(text), Remarks: []string{"\"t\u00f6do\" (an array)\nis not shown"}}, e.fails
}

func (e *fakeEngine) ReadVersion(_ context.Context, key roomkey.Key, id uint64) (snapshot.Snapshot, error) {
	e.call("read", key.String(), fmt.Sprint(id))
	return snapshot.Snapshot{State: []byte{0, 0}, Incarnation: 7}, e.fails
}

func (e *fakeEngine) Authors(_ context.Context, key roomkey.Key, id uint64) ([]engine.Authored, error) {
	e.call("authors", key.String(), fmt.Sprint(id))
	return []engine.Authored{{
		Root: "default", Path: []any{3, "title"}, Type: "insert", From: 1, To: 3, Text: "ab", By: authors.Author{ID: "u1", Name: "Ann"},
	}, {Root: "meta", Type: "set", Key: "a", Values: []any{math.NaN()}}}, e.fails
}

func (e *fakeEngine) Compare(_ context.Context, key roomkey.Key, old snapshot.Snapshot, to uint64) ([]engine.Difference, error) {
	e.call("compare", key.String(), fmt.Sprint(len(old.State)), fmt.Sprint(old.Incarnation), fmt.Sprint(to))
	return []engine.Difference{{Type: "delete", Root: "default", To: 2, Text: "ab", Attributes: map[string]any{"bold": true}}}, e.fails
}

func (e *fakeEngine) tree(_ context.Context, key roomkey.Key, id uint64, root string, limits contents.TreeLimits) (contents.Tree, error) {
	e.call("tree", key.String(), fmt.Sprint(id), root, fmt.Sprint(limits))
	if root == "none" {
		return contents.Tree{}, &contents.ShapeError{Want: "such root", Root: root}
	}
	return contents.Tree{Nodes: 2, Roots: []contents.TreeNode{{Kind: "array", Name: "list", More: true, Children: []contents.TreeNode{
		{Kind: "value", Value: []byte("null")},
	}}}}, e.fails
}

func (e *fakeEngine) Lock(_ context.Context, key roomkey.Key, locked bool, by string) error {
	e.call(map[bool]string{true: "lock", false: "unlock"}[locked], key.String(), by)
	return e.fails
}

func (e *fakeEngine) Snapshot(_ context.Context, key roomkey.Key, by string) (uint64, error) {
	e.call("snapshot", key.String(), by)
	return 7, e.fails
}

func (e *fakeEngine) Evict(_ context.Context, key roomkey.Key, by string) error {
	e.call("evict", key.String(), by)
	return e.fails
}

func (e *fakeEngine) Refresh(_ context.Context, key roomkey.Key) error {
	e.call("refresh", key.String())
	return e.fails
}

func (e *fakeEngine) Kick(_ context.Context, key roomkey.Key, user, by string) (int, error) {
	e.call("kick", key.String(), user, by)
	return 2, e.fails
}

func (e *fakeEngine) Notice(_ context.Context, key roomkey.Key, level, text, by string) (int, error) {
	e.call("notice", key.String(), level, text, by)
	return 3, errors.Join(engine.CheckNotice(level, text), e.fails)
}

func (e *fakeEngine) NoticeAll(level, text, by string) (int, error) {
	e.call("notice", level, text, by)
	return 4, engine.CheckNotice(level, text)
}

func (e *fakeEngine) Unban(_ context.Context, user, by string) (bool, error) {
	e.call("unban", user, by)
	return user == "u1", e.fails
}

// fakeClients has one connection.
type fakeClients struct{ *fakeEngine }

func (c fakeClients) Connections(q ConnectionQuery) (page []api.Connection, more bool) {
	text, _ := json.Marshal(q.Address)
	c.call("connections", q.Room.String(), q.User, string(text))
	return []api.Connection{{
		ID: q.After + 1, State: "joined", Room: "record:a", Peer: 5, User: "u1", Protocol: "y-websocket",
		Address: "10.0.0.1", Proxy: "10.0.0.2", ConnectedAt: now, AgeSeconds: 2, ReceivedBytes: 100,
		ReceivedBytesPerSecond: 50,
	}}, q.Limit == 1
}

func (c fakeClients) Disconnect(id uint64, reason, by string) (bool, error) {
	c.call("disconnect", reason, by)
	return id == 1, engine.CheckReason(reason)
}

func (c fakeClients) DisconnectUser(_ context.Context, user string, until time.Time, reason, by string) (int, error) {
	c.call("disconnect", user, reason, by, map[bool]string{true: "-", false: "banned"}[until.IsZero()])
	return 2, errors.Join(engine.CheckReason(reason), c.fails)
}

// fakeLogs has two areas.
type fakeLogs struct{ *fakeEngine }

func (fakeLogs) Levels() map[string]string {
	return map[string]string{"default": "info", "auth": "warn"}
}

func (l fakeLogs) SetLevel(area, level string) error {
	l.call("level", area, level)
	return nil
}

// world is a server on a listener.
type world struct {
	t       *testing.T
	s       *Server
	url     string
	engine  *fakeEngine
	hub     *events.Hub
	log     *lockedBuffer
	drained chan struct{}
	stop    func() error
}

// newWorld starts a server with a token, after change has changed its configuration.
func newWorld(t *testing.T, change func(*Config)) *world {
	t.Helper()
	w := &world{t: t, engine: madeUp(), hub: new(events.Hub), log: new(lockedBuffer), drained: make(chan struct{}, 1)}
	cfg := Config{
		Settings: Settings{Token: testToken, Hosts: []string{"admin.town.example"}, Profile: true, Console: true}, Build: api.Build{Version: "1.2.3", Commit: "abc", Go: "go9"},
		Engine: w.engine, Clients: fakeClients{w.engine}, Events: w.hub,
		Ready:   func() error { return w.engine.fails },
		Totals:  w.engine.totals,
		Metrics: func(out io.Writer) { _, _ = io.WriteString(out, "realtime_rooms 1\n") },
		Logs:    fakeLogs{w.engine},
		Reload: func(_ context.Context, by string) (api.Reloaded, error) {
			w.engine.call("reload", by)
			return api.Reloaded{Changed: []string{"log.level"}, Restart: []string{"port"}, Warnings: []string{}}, w.engine.fails
		},
		Configuration: func() api.Configuration {
			return api.Configuration{File: "realtime.yml", Keys: []api.ConfigKey{
				{Key: "port", Section: "Server", Value: 3001, Source: "file", From: "realtime.yml", Line: 2, Default: 3001, Restart: true, Pending: "restart", Help: "a port"},
				{Key: "redis.password", Set: true, Secret: true, Source: "flag", From: "--x", DefaultNote: "none", Unit: "words"},
			}}
		},
		Backup: func(_ context.Context, out io.Writer) error {
			if w.engine.fails != nil {
				return ErrBackupRunning
			}
			_, err := io.WriteString(out, "the backup")
			return err
		},
		Document: w.engine.document,
		Tree:     w.engine.tree,
		Webhooks: fakeWebhooks{w.engine},
		Drain: func(by string) {
			w.engine.call("drain", by)
			w.drained <- struct{}{}
		},
	}
	if change != nil {
		change(&cfg)
	}
	w.s = New(cfg, slog.New(slog.NewTextHandler(w.log, nil)))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.s.Serve(ctx, l) }()
	w.stop = sync.OnceValue(func() error {
		cancel()
		return <-served
	})
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// fakeWebhooks are made up, and fail as the engine does.
type fakeWebhooks struct{ *fakeEngine }

func (f fakeWebhooks) Endpoints(context.Context) ([]api.WebhookEndpoint, error) {
	f.call("endpoints")
	return []api.WebhookEndpoint{{
		Name: "a", URL: "https://a.example", Events: []string{"document.changed"}, Rooms: []string{"*"}, Waiting: 1, Parked: 2,
		OldestAt: &now, Failing: "answered with 500", Off: "answered with 410", OffSince: &now,
	}}, f.fails
}

func (f fakeWebhooks) Messages(_ context.Context, q WebhookQuery) (api.WebhookMessagePage, error) {
	f.call("messages", fmt.Sprint(q))
	return api.WebhookMessagePage{NextAfter: 7, Messages: []api.WebhookMessage{{
		ID: "msg_1", Endpoint: "a", Event: "document.changed", Room: "record:a", At: now, Tries: 3, NextAt: &now, ParkedAt: &now, Reason: "answered with 500",
	}}}, f.fails
}

func (f fakeWebhooks) Retry(_ context.Context, endpoint, id string) (int, error) {
	f.call("retry", endpoint, id)
	return 2, f.fails
}

func (f fakeWebhooks) Drop(_ context.Context, endpoint, id string) (int, error) {
	f.call("drop", endpoint, id)
	return 2, f.fails
}

func (f fakeWebhooks) Enable(_ context.Context, endpoint string) error {
	f.call("enable", endpoint)
	return f.fails
}

func (f fakeWebhooks) Test(_ context.Context, endpoint string) error {
	f.call("test", endpoint)
	return f.fails
}

// madeUp returns an engine with two records and a document, in which every field has a value.
func madeUp() *fakeEngine {
	info := engine.RoomInfo{
		Key: roomkey.MustParse("record:a"), State: engine.RoomLive, Locked: true, Peers: 2, DocumentBytes: 300, HeldBytes: 200,
		Version: 7, UpdateRate: 1.5, Emptied: now, Unstored: 1, Unsaved: 2, DraftDue: now, Failing: engine.FailingDraft,
	}
	second := engine.RoomInfo{Key: roomkey.MustParse("record:b"), State: engine.RoomIdle, DocumentBytes: 900, UpdateRate: 2}
	third := engine.RoomInfo{Key: roomkey.MustParse("notes/c"), State: engine.RoomLive, Peers: 5, DocumentBytes: 100}
	return &fakeEngine{rooms: []engine.RoomInfo{second, info, third}, detail: engine.RoomDetail{
		RoomInfo: info, Partial: true, Users: []engine.RoomUser{{ID: "guest-1", Name: "Ann", Peers: 2}},
		Peers: []engine.PeerInfo{{
			ID: 5, Connection: 1, User: "u1", Presence: "guest-1", Name: "Ann", Protocol: "json", ReadOnly: true, QueuedMessages: 1, Joined: now,
			QueuedBytes: 2, ReceivedMessages: 3, SentMessages: 4, Missing: true, Refused: "read-only",
		}},
		PendingBytes: 1, UnflushedBytes: 2, SnapshotVersion: 3, SnapshotAt: now, SnapshotDue: now, SnapshotFailures: 4, DraftAt: now,
		UnsavedSince: now, RefusedRow: "disk is full", RetryAt: now, Compacting: true, CompactionDue: now, HeldUpdates: 5,
		Damage: "checksum mismatch", Recreated: true, Versions: []engine.Version{{ID: 1, Time: now, Why: "snapshot", Size: 9}},
	}}
}

// do sends a request. Headers are pairs of name and value; without Authorization it has the token.
func (w *world) do(method, path, body string, headers ...string) *http.Response {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testToken)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// get returns the status and the body of an answer.
func (w *world) send(method, path, body string, headers ...string) (status int, text string) {
	w.t.Helper()
	resp := w.do(method, path, body, headers...)
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// must sends a request that must be answered with a status, and a body with some text.
func (w *world) must(status int, has, method, path, body string, headers ...string) {
	w.t.Helper()
	got, text := w.send(method, path, body, headers...)
	if got != status || !strings.Contains(text, has) {
		w.t.Errorf("%s %s %s: %d %s; want %d, %q", method, path, body, got, text, status, has)
	}
}

// mustCall checks the last call of the engine.
func (w *world) mustCall(want string) {
	w.t.Helper()
	w.engine.mu.Lock()
	defer w.engine.mu.Unlock()
	if n := len(w.engine.calls); n == 0 || w.engine.calls[n-1] != want {
		w.t.Errorf("calls: %q; want %q", w.engine.calls, want)
	}
}

// mustNotCall checks that the engine was not called.
func (w *world) mustNotCall() {
	w.t.Helper()
	w.engine.mu.Lock()
	defer w.engine.mu.Unlock()
	if len(w.engine.calls) > 0 {
		w.t.Errorf("calls: %q", w.engine.calls)
	}
}

// count returns the value of a metric.
func (w *world) count(name string) string {
	w.t.Helper()
	var b bytes.Buffer
	w.s.WriteMetrics(&b)
	for line := range strings.Lines(b.String()) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	w.t.Fatalf("no %s in %s", name, &b)
	return ""
}

func (w *world) mustCount(name, want string) {
	w.t.Helper()
	if got := w.count(name); got != want {
		w.t.Errorf("%s is %s, want %s", name, got, want)
	}
}

// lockedBuffer is a buffer that several goroutines may write to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// lines returns how many lines contain part.
func (l *lockedBuffer) lines(part string) int { return strings.Count(l.String(), part) }
