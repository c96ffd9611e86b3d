package documents

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/documents/access"
	"github.com/civicpress/civic-realtime/transport/httpapi"
	"github.com/civicpress/civic-realtime/transport/httpapi/openapitest"
)

// world is a Server over an engine with a store in memory.
type world struct {
	t      *testing.T
	engine *engine.Engine
	store  *persist.Memory
	server *Server
	client netip.Addr // that requests come from

	described *openapitest.Validator

	mu    sync.Mutex
	log   bytes.Buffer
	calls []Call
}

// The keys of a world, which may do everything, or only read below "open/".
const (
	allKey    = "a key that may do everything, it is said"
	readerKey = "a key that may read some documents only!"
)

func newWorld(t *testing.T, change func(*Config)) *world {
	t.Helper()
	w := &world{
		t: t, store: persist.NewMemory(), client: netip.MustParseAddr("192.0.2.1"),
		described: openapitest.NewValidator(t, openAPI),
	}
	w.start()
	keys, err := access.NewKeys([]access.Key{
		{Name: "all", Key: allKey, Rooms: []string{"*"}, Scopes: strings.Split(access.Names(), ", ")},
		{Name: "reader", Key: readerKey, Rooms: []string{"open/*"}, Scopes: []string{"documents:read", "documents:list"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Settings: Settings{Keys: keys}, Engine: w, Audit: func(c Call) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, c)
	}}
	if change != nil {
		change(&cfg)
	}
	w.server = New(cfg, slog.New(slog.NewTextHandler(w, nil)))
	t.Cleanup(func() { _ = w.engine.Drain(context.Background()) })
	return w
}

// start starts an engine over the store.
func (w *world) start() {
	w.engine = engine.New(engine.Config{Compression: snapshot.Raw}, w.store, slog.New(slog.DiscardHandler))
}

// restart ends the engine, and starts another one over the same store.
func (w *world) restart() {
	w.t.Helper()
	if err := w.engine.Drain(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.start()
}

// ReadDocument implements Engine.
func (w *world) ReadDocument(ctx context.Context, key roomkey.Key, needed func(engine.Document) bool) (engine.Document, error) {
	return w.engine.ReadDocument(ctx, key, needed)
}

// Edit implements Engine.
func (w *world) Edit(ctx context.Context, key roomkey.Key, e engine.Edit) (engine.EditResult, error) {
	return w.engine.Edit(ctx, key, e)
}

// EnsureVersion implements Engine.
func (w *world) EnsureVersion(ctx context.Context, key roomkey.Key, why string, by engine.Author, within time.Duration) (engine.Version, error) {
	return w.engine.EnsureVersion(ctx, key, why, by, within)
}

// Join implements Engine.
func (w *world) Join(ctx context.Context, key roomkey.Key, c engine.Conn, p protocol.Protocol, identity engine.Identity) (*engine.Peer, error) {
	return w.engine.Join(ctx, key, c, p, identity)
}

// StoredRooms implements Engine.
func (w *world) StoredRooms(ctx context.Context, prefix, after string, limit int) ([]engine.StoredRoom, bool, error) {
	return w.engine.StoredRooms(ctx, prefix, after, limit)
}

// Write adds to the log.
func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(b)
}

// answer is an answer.
type answer struct {
	status int
	header http.Header
	body   string
}

// problem returns the name of the problem that an answer is.
func (a answer) problem() string {
	var p api.Problem
	_ = json.Unmarshal([]byte(a.body), &p)
	return strings.TrimPrefix(p.Type, api.ProblemPrefix)
}

// send sends a request with headers, which follow each other as names and values.
func (w *world) send(method, path, body string, headers ...string) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = w.client.String() + ":1234"
	r.Header.Set("Authorization", "Bearer "+allKey)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		switch {
		case headers[i+1] == "":
			r.Header.Del(headers[i])
		case headers[i] == "Host":
			r.Host = headers[i+1]
		}
	}
	out := httptest.NewRecorder()
	w.server.Serve(out, r, w.client)
	text, _ := io.ReadAll(out.Result().Body)
	w.mustBeDocumented(r, out, text)
	return answer{out.Code, out.Header(), string(text)}
}

// mustBeDocumented checks that an answer of a route is as openapi.json says.
func (w *world) mustBeDocumented(r *http.Request, out *httptest.ResponseRecorder, text []byte) {
	w.t.Helper()
	at := func(i int) (method, path string) { return routes[i].method, routes[i].path }
	i, err := httpapi.Find(len(routes), at, httptest.NewRecorder(), r, "")
	if err != nil || r.Method == http.MethodHead || len(text) == 0 {
		return
	}
	err = w.described.Check(routes[i].method, routes[i].path, out.Code, out.Header().Get("Content-Type"), text)
	if err != nil {
		w.t.Errorf("%s %s: %d %s: %v", r.Method, r.URL, out.Code, text, err)
	}
}

// must is send for a request that must be answered with a status.
func (w *world) must(status int, method, path, body string, headers ...string) answer {
	w.t.Helper()
	a := w.send(method, path, body, headers...)
	if a.status != status {
		w.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	return a
}

// as returns a header with the type of a body.
func as(media string, more ...string) []string {
	return append([]string{"Content-Type", media}, more...)
}

// makeText creates a document with a text in the root "text", and returns its tag.
func (w *world) makeText(room, text string) string {
	w.t.Helper()
	a := w.must(201, "PUT", Path+"/"+room+"?fragment=text", text, as("text/plain", ifNoneMatch, "*")...)
	return a.header.Get("ETag")
}

// makeMarkdown creates a document with Markdown, and returns its tag.
func (w *world) makeMarkdown(room, text string) string {
	w.t.Helper()
	return w.must(201, "PUT", Path+"/"+room, text, as("text/markdown", ifNoneMatch, "*")...).header.Get("ETag")
}

// reads returns the text of a document.
func (w *world) reads(path string) string {
	w.t.Helper()
	return w.must(200, "GET", Path+"/"+path, "").body
}

// updateTo returns the update that gives the root "text" of a document another text.
func updateTo(t *testing.T, state, text string) string {
	t.Helper()
	u, err := contents.EditText(yjs.Trust([]byte(state)), "text", text)
	if err != nil {
		t.Fatal(err)
	}
	return string(u)
}

// IsOpen implements Engine.
func (w *world) IsOpen(key roomkey.Key) bool { return w.engine.IsOpen(key) }

// Versions implements Engine.
func (w *world) Versions(ctx context.Context, key roomkey.Key) ([]engine.Version, error) {
	return w.engine.Versions(ctx, key)
}

// ReadVersion implements Engine.
func (w *world) ReadVersion(ctx context.Context, key roomkey.Key, id uint64) (snapshot.Snapshot, error) {
	return w.engine.ReadVersion(ctx, key, id)
}

// CreateVersion implements Engine.
func (w *world) CreateVersion(ctx context.Context, key roomkey.Key, name string, by engine.Author) (engine.Version, error) {
	return w.engine.CreateVersion(ctx, key, name, by)
}

// RenameVersion implements Engine.
func (w *world) RenameVersion(ctx context.Context, key roomkey.Key, id uint64, name string) error {
	return w.engine.RenameVersion(ctx, key, id, name)
}

// DeleteVersion implements Engine.
func (w *world) DeleteVersion(ctx context.Context, key roomkey.Key, id uint64) error {
	return w.engine.DeleteVersion(ctx, key, id)
}

// RestoreVersionAs implements Engine.
func (w *world) RestoreVersionAs(ctx context.Context, key roomkey.Key, id uint64, by engine.Author) (uint64, error) {
	return w.engine.RestoreVersionAs(ctx, key, id, by)
}

// RestoreSnapshotAs implements Engine.
func (w *world) RestoreSnapshotAs(ctx context.Context, key roomkey.Key, blob []byte, id uint64, by engine.Author) (uint64, error) {
	return w.engine.RestoreSnapshotAs(ctx, key, blob, id, by)
}

// Authors implements Engine.
func (w *world) Authors(ctx context.Context, key roomkey.Key, id uint64) ([]engine.Authored, error) {
	return w.engine.Authors(ctx, key, id)
}

// Compare implements Engine.
func (w *world) Compare(ctx context.Context, key roomkey.Key, old snapshot.Snapshot, to uint64) ([]engine.Difference, error) {
	return w.engine.Compare(ctx, key, old, to)
}

// Delete implements Engine.
func (w *world) Delete(ctx context.Context, key roomkey.Key, by engine.Author) error {
	return w.engine.Delete(ctx, key, by)
}

// Undelete implements Engine.
func (w *world) Undelete(ctx context.Context, key roomkey.Key, by engine.Author) error {
	return w.engine.Undelete(ctx, key, by)
}
