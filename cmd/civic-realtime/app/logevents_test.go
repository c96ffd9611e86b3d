package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// failingStore fails by the names of rooms, and takes long for one.
type failingStore struct{ *persist.Memory }

var errDisk = errors.New("disk error")

func (s failingStore) Load(ctx context.Context, room string) ([]byte, [][]byte, error) {
	switch room {
	case "record:unreadable":
		return nil, nil, errDisk
	case "record:panics":
		panic("boom")
	}
	return s.Memory.Load(ctx, room)
}

func (s failingStore) Append(ctx context.Context, rows []engine.Row) error {
	if rows[0].Room == "record:slow" {
		time.Sleep(time.Second)
	}
	return s.Memory.Append(ctx, rows)
}

func (s failingStore) SaveSnapshot(context.Context, string, []byte, uint64) error { return errDisk }

// watched is a server in a bubble whose log, events and audit trail are kept.
type watched struct {
	t      *testing.T
	pipes  *pipes
	log    lockedBuffer
	events []events.Event
	trail  string
	server *transport.Server

	mu       sync.Mutex
	received []string // by the clients that report it, and the reasons of closes
}

// inWatched runs f with a server for JWTs; then it stops the server.
func inWatched(t *testing.T, f func(w *watched)) *watched {
	w := &watched{trail: filepath.Join(t.TempDir(), "audit.log")}
	c, err := parse(t, `realtime:
  auth: {jwt: {secret: `+testSecret+`}}
  snapshots: {max_updates: 1, min_interval: 1ms}
  rate_limiting: {messages_per_second: 1, burst: 20, patience: 1s}
  suspicious: {failed_sign_ins: 2}
`)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w.t, w.pipes = t, newPipes()
		log, hub := slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), new(events.Hub)
		trail, err := audit.Open(w.trail, Version, log)
		if err != nil {
			t.Fatal(err)
		}
		stopAudit, watch := follow(trail, hub), hub.Subscribe(1000)
		ec, tc := engineConfig(c), transportConfig(c)
		ec.Compression, ec.Events, tc.Events = snapshot.Raw, hub, hub
		e := engine.New(ec, failingStore{persist.NewMemory()}, log)
		w.server = transport.New(tc, e, auth.NewJWT(c.Auth.JWT.transport()), log)
		ctx, cancel := context.WithCancel(context.Background())
		served := make(chan error, 1)
		go func() { served <- w.server.Serve(ctx, w.pipes) }()
		f(w)
		cancel()
		<-served // with an error, as snapshots fail
		stopAudit()
		_ = trail.Close()
		watch.Close()
		for e := range watch.C {
			w.events = append(w.events, e)
		}
	})
	return w
}

// told is a client in JSON that reports what it is sent.
type told struct {
	gws.BuiltinEventHandler
	w *watched
}

func (c told) report(text string) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.received = append(c.w.received, text)
}

// OnMessage implements gws.Event.
func (c told) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	if strings.Contains(m.Data.String(), `"error"`) || strings.Contains(m.Data.String(), `"notice"`) {
		c.report(m.Data.String())
	}
}

// OnPing implements gws.Event.
func (c told) OnPing(socket *gws.Conn, payload []byte) { _ = socket.WritePong(payload) }

// OnClose implements gws.Event.
func (c told) OnClose(_ *gws.Conn, err error) { c.report(err.Error()) }

// connect opens a record with a token, and returns after a second.
func (w *watched) connect(record, token string) *gws.Conn {
	w.t.Helper()
	pipe, err := w.pipes.dial(context.Background(), "", "")
	if err != nil {
		w.t.Fatal(err)
	}
	socket, _, err := gws.NewClientFromConn(told{w: w}, &gws.ClientOption{
		Addr:          "ws://realtime.example/realtime/records/" + record + "?token=" + token,
		RequestHeader: http.Header{"Sec-WebSocket-Protocol": {"civicpress.v1.json"}}}, pipe)
	if err != nil {
		w.t.Fatal(err)
	}
	go socket.ReadLoop()
	time.Sleep(time.Second)
	return socket
}

func send(socket *gws.Conn, format string, args ...any) {
	_ = socket.WriteString(fmt.Sprintf(format, args...))
	time.Sleep(3 * time.Second)
}

// inserted returns an update in base64 that puts a text at the root "text".
func inserted(text string) string {
	structs := lib0.AppendString(append([]byte{1, 1, 7, 0}, 4, 1), "text")
	return base64.StdEncoding.EncodeToString(append(lib0.AppendString(structs, text), 0))
}

// logRows returns the levels and attributes of the events in docs/logs.md.
func logRows(t *testing.T) map[string][2][]string {
	t.Helper()
	quoted := regexp.MustCompile("`([^`]+)`")
	names := func(cell string) (all []string) {
		for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
			all = append(all, m[1])
		}
		return all
	}
	rows := map[string][2][]string{}
	for line := range strings.Lines(documentTexts(t)["logs.md"]) {
		if cells := strings.Split(line, "|"); strings.HasPrefix(line, "| `") {
			for _, event := range names(cells[1]) {
				rows[event] = [2][]string{names(cells[2]), names(cells[3])}
			}
		}
	}
	return rows
}

// TestSpecifiedLog drives a server through all that the specification wants in the log, and finds
// each event with its level and attributes: joins and leaves, refused tokens, snapshots that cannot
// be saved or loaded, exceptions, exceeded rates, slow operations, and suspicious behaviour. Tokens
// and texts are marked, and are in no line of the log, event, line of the audit trail, metric, or
// message about an error.
func TestSpecifiedLog(t *testing.T) {
	const mark = "MARKED"
	sign := func(access auth.Access) string {
		s := auth.Session{Identity: engine.Identity{ID: "u1", Name: "Ann"}, Grants: auth.Grants{auth.AnyRecord: access}}
		token, err := auth.JWTConfig{}.Sign([]byte(testSecret), s, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	tokens := []string{mark + "1", mark + "2", mark + "3"}
	var metrics strings.Builder
	w := inWatched(t, func(w *watched) {
		edit, view, admin := sign(auth.Edit), sign(auth.View), sign(auth.Admin)
		tokens = append(tokens, edit, view, admin)
		w.connect("a", mark+"1")
		w.connect("a", mark+"2")
		w.connect("unreadable", edit)
		w.connect("panics", edit)
		w.connect("a/"+mark+"path", edit)
		a := w.connect("slow", edit)
		send(a, `{"type":"sync","update":%q}`, inserted(mark+"text"))
		send(a, `{"type":"presence","event":"cursor","cursor":%q}`, mark+"cursor")
		send(a, `{"type":"presence","event":"typing","in":%q}`, mark+"signal")
		send(a, `{"type":"control","event":"auth","token":%q}`, mark+"3")
		send(a, `{"type":"control","event":"notice","notice":{"level":"info","message":%q}}`, mark+"notice")
		send(a, `{"type":"sync","update":%q}`, base64.StdEncoding.EncodeToString([]byte(mark+"update")))
		viewer := w.connect("b", view)
		send(viewer, `{"type":"sync","update":%q}`, inserted(mark+"text"))
		send(viewer, `{"type":%q`, mark+"syntax")
		chair := w.connect("b", admin)
		send(chair, `{"type":"control","event":"lock"}`)
		send(chair, `{"type":"control","event":"notice","notice":{"level":"info","message":%q}}`, mark+"notice")
		send(chair, `{"type":"control","event":"kick","user":{"id":%q}}`, "nobody")
		for range 100 {
			_ = viewer.WriteString(`{"type":"ping"}`)
		}
		time.Sleep(30 * time.Second)
		w.server.WriteMetrics(&metrics)
		_ = a.NetConn().Close()
		time.Sleep(2 * time.Minute)
	})
	rows := logRows(t)
	for _, want := range []string{
		"joined", "left", "connection refused", "fresh token refused", "snapshot failed", "room cannot be loaded",
		"room crashed: boom", "rate limit exceeded: throttling", "connection closed", "slow operation", "suspicious behaviour",
		"update denied", "control message denied", "invalid message", "record is locked", "user kicked",
	} {
		checkLine(t, w.log.String(), rows, want)
	}
	trail, err := os.ReadFile(w.trail)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{"log": w.log.String(), "audit trail": string(trail), "metrics": metrics.String()}
	seen["events"] = fmt.Sprintf("%+v", w.events)
	seen["errors and closes"] = strings.ReplaceAll(strings.Join(w.received, "\n"), `"message":"`+mark+`notice"`, "") // the notice itself
	for place, text := range seen {
		if len(text) < 100 {
			t.Errorf("%s: only %q", place, text)
		}
		for _, secret := range append(tokens, mark) {
			for part := range strings.SplitSeq(secret, ".") {
				if strings.Contains(text, part) {
					t.Errorf("%s: a part of a token or a text is in it: %s", place, part)
				}
			}
		}
	}
}

// checkLine checks that the log has an event, and that each line about it has a level and only
// attributes that docs/logs.md has for it.
func checkLine(t *testing.T, log string, rows map[string][2][]string, event string) {
	t.Helper()
	row, ok := rows[event]
	if begin, _, cut := strings.Cut(event, ": boom"); cut {
		row, ok = rows[begin+": …"]
	}
	if !ok {
		t.Errorf("docs/logs.md does not have %q", event)
	}
	found := false
	for line := range strings.Lines(log) {
		var l map[string]any
		if json.Unmarshal([]byte(line), &l) != nil || l["msg"] != event {
			continue
		}
		found = true
		if level := strings.ToLower(fmt.Sprint(l["level"])); !slices.Contains(row[0], level) {
			t.Errorf("%s: level %s", event, level)
		}
		for name := range l {
			if !slices.Contains([]string{"time", "level", "msg", "area"}, name) && !slices.Contains(row[1], name) {
				t.Errorf("%s: attribute %s is not documented", event, name)
			}
		}
	}
	if !found {
		t.Errorf("nothing was logged about %q", event)
	}
}
