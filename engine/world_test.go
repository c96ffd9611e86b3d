package engine

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// world is an engine over a memStore in a bubble.
type world struct {
	*Engine
	t     *testing.T
	store *memStore
	out   *logBuffer
}

// inWorld runs f in a bubble, and drains the engine afterwards.
func inWorld(t *testing.T, cfg Config, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, cfg, newMemStore())
		f(w)
		w.drain()
	})
}

func newWorld(t *testing.T, cfg Config, store *memStore) *world {
	cfg.Compression = snapshot.Raw // compressors are pooled, and may not be shared between bubbles
	out := new(logBuffer)
	return &world{New(cfg, store, slog.New(slog.NewTextHandler(out, nil))), t, store, out}
}

// restart drains the engine, and starts another one over the same store.
func (w *world) restart(cfg Config) {
	w.drain()
	w.Engine = newWorld(w.t, cfg, w.store).Engine
}

func (w *world) drain() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.Drain(ctx); err != nil {
		w.t.Fatalf("drain: %v", err)
	}
}

// settle waits until nothing more can happen at this time of the bubble.
func settle() { synctest.Wait() }

// pass lets time pass, and returns when everything that is due by then has happened.
func pass(d time.Duration) {
	time.Sleep(d) // in the bubble's time
	synctest.Wait()
}

// client is a peer with its end of the connection.
type client struct {
	*Peer
	conn *memConn
	w    *world
}

func (w *world) join(room string) *client { return w.joinAs(room, "") }

func (w *world) joinAs(room, user string) *client { return w.joinWith(room, Identity{ID: user}) }

func (w *world) joinWith(room string, identity Identity) *client {
	w.t.Helper()
	conn := new(memConn)
	p, err := w.Join(context.Background(), roomkey.MustParse(room), conn, protocol.YWebsocket{}, identity)
	if err != nil {
		w.t.Fatalf("join: %v", err)
	}
	return &client{p, conn, w}
}

// Leave returns when the peer has left the room, which is a moment later if the room's lock is
// held.
func (c *client) Leave() {
	c.Peer.Leave()
	settle()
}

// Become returns when the peer has that session.
func (c *client) Become(identity Identity) {
	c.Peer.Become(identity)
	settle()
}

// joinSynced joins, requests the document and forgets the first messages.
func (w *world) joinSynced(room string) *client {
	w.t.Helper()
	c := w.join(room)
	c.sends(protocol.SyncRequest, yjs.StateVector{}.Append(nil))
	pass(time.Second)
	c.conn.take()
	return c
}

// sends delivers a message of the client.
func (c *client) sends(k protocol.Kind, body []byte) {
	c.w.t.Helper()
	if err := c.Deliver(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: k, Body: body})); err != nil {
		c.w.t.Fatalf("deliver: %v", err)
	}
}

// types sends text that the client, with the peer's number as its id, has typed from clock on.
func (c *client) types(clock uint64, text string) {
	c.w.t.Helper()
	c.sends(protocol.Update, typed(c.id, clock, text))
}

// typed is an update with text that client has typed from clock on.
func typed(client, clock uint64, text string) []byte { return appendTyped(nil, client, clock, text) }

// checked returns an update that must be valid.
func checked(t testing.TB, update []byte) yjs.CheckedUpdate {
	t.Helper()
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// appendTyped appends that update to b.
func appendTyped(b []byte, client, clock uint64, text string) []byte {
	b = yjs.AppendID(append(b, 1, 1), yjs.ID{Client: client, Clock: clock})
	if clock == 0 {
		b = lib0.AppendString(append(b, yjs.RefString, 1), "text")
	} else {
		b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), yjs.ID{Client: client, Clock: clock - 1})
	}
	return append(lib0.AppendString(b, text), 0)
}

// deleted is an update that deletes a range.
func deleted(client, clock, n uint64) []byte {
	b := lib0.AppendUvarint([]byte{0, 1}, client)
	b = append(b, 1)
	return lib0.AppendUvarint(lib0.AppendUvarint(b, clock), n)
}

func awarenessUpdate(entries ...yjs.AwarenessEntry) []byte {
	b := yjs.AppendAwarenessHeader(nil, len(entries))
	for _, e := range entries {
		b = yjs.AppendAwarenessEntry(b, e)
	}
	return b
}

// stateEntry is the awareness entry of a client; an empty state is null.
func stateEntry(client, clock uint64, state string) yjs.AwarenessEntry {
	e := yjs.AwarenessEntry{Client: client, Clock: clock}
	if state != "" {
		e.State = []byte(state)
	}
	return e
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// metric returns the value of a metric by its name, with its labels.
func (e *Engine) metric(name string) float64 {
	var out strings.Builder
	e.WriteMetrics(&out)
	for line := range strings.Lines(out.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return n
		}
	}
	panic("no metric " + name)
}

// counter returns the value of a counter by its name, with its labels.
func (e *Engine) counter(name string) uint64 { return uint64(e.metric(name)) }
