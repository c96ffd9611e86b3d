package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
)

// one returns the only connection of a query, and fails the test if there is another number.
func (w *world) one(q ConnectionQuery) ConnectionInfo {
	w.t.Helper()
	all, more := w.Connections(q)
	if len(all) != 1 || more {
		w.t.Fatalf("%d connections, more: %v", len(all), more)
	}
	return all[0]
}

// TestConnections shows room, user, protocol, addresses, time and counters of a connection, and
// that it is not listed any more when it has ended.
func TestConnections(t *testing.T) {
	const home = "192.0.2.7"
	token := signToken(t, setClaim("records", []any{recordEntry("a", "edit")}))
	w := newWorld(t, withAuth(testJWT), proxied(Config{}))
	c := dial(t, w, "/realtime/records/a?token="+token, from(home))
	c.receive(protocol.SyncRequest)
	w.until("it has joined", func() bool { return w.one(ConnectionQuery{}).State == ConnectionJoined })
	w.settle()
	before := w.one(ConnectionQuery{})
	if before.ID == 0 || before.Room.String() != "record:a" || before.User != "u1" || before.Peer == 0 ||
		before.Protocol != (protocol.YWebsocket{}).Name() || before.Client.String() != home ||
		before.Proxy.String() != "127.0.0.1" || before.Since.IsZero() || before.Throttled {
		t.Errorf("%+v", before)
	}
	body := bytes.Repeat([]byte{0}, 1000)
	c.sendMessage(protocol.Update, typedAt(0, body))
	c.receive(protocol.Update)
	w.settle()
	after := w.one(ConnectionQuery{})
	if after.ReceivedMessages != before.ReceivedMessages+1 || after.SentMessages <= before.SentMessages ||
		after.ReceivedBytes < before.ReceivedBytes+1000 || after.SentBytes < before.SentBytes+1000 {
		t.Errorf("%+v, before %+v", after, before)
	}
	c.conn.Close()
	w.until("it has ended", func() bool { all, _ := w.Connections(ConnectionQuery{}); return len(all) == 0 })
}

// TestConnectionPages shows that pages have all connections once, in the order of their ids, and
// that a query selects by room.
func TestConnectionPages(t *testing.T) {
	w := newWorld(t, with(Config{Unlimited: true}))
	for i := range 10 {
		dial(t, w, fmt.Sprint("/realtime/records/", i%3)).receive(protocol.SyncRequest)
	}
	w.until("all have joined", func() bool {
		all, _ := w.Connections(ConnectionQuery{})
		n := 0
		for _, c := range all {
			if c.State == ConnectionJoined {
				n++
			}
		}
		return n == 10
	})
	var last uint64
	n := 0
	for pages := 1; ; pages++ {
		page, more := w.Connections(ConnectionQuery{After: last, Limit: 4})
		for _, c := range page {
			if c.ID <= last {
				t.Errorf("%d after %d", c.ID, last)
			}
			last = c.ID
			n++
		}
		if !more {
			if pages != 3 || n != 10 {
				t.Errorf("%d connections on %d pages", n, pages)
			}
			break
		}
	}
	in, _ := w.Connections(ConnectionQuery{Room: roomkey.MustParse("record:1")})
	if len(in) != 3 {
		t.Errorf("%d are in the room", len(in))
	}
}

// TestConnectionsWaitForNothing shows that connections are listed and closed while one of them is
// being read, and another waits for its room.
func TestConnectionsWaitForNothing(t *testing.T) {
	w := newWorld(t)
	dial(t, w, "/realtime/records/x").receive(protocol.SyncRequest)
	c := w.only()
	w.awaitOpen(c)
	c.reading.Lock()
	defer c.reading.Unlock()
	if i := w.one(ConnectionQuery{}); i.State != ConnectionJoined {
		t.Errorf("%+v", i)
	}
	if found, err := w.Disconnect(c.id, "", ""); !found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// TestConnectionMemory holds the sizes of a connection, its session and its documents: what a
// listing needs of each must not cost an idle connection more memory.
func TestConnectionMemory(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		return // sizes of 64-bit systems are documented
	}
	if n := unsafe.Sizeof(conn{}); n > 384 {
		t.Errorf("a connection has %d bytes, for which 416 are allocated", n)
	}
	if n := unsafe.Sizeof(session{}); n > 128 {
		t.Errorf("a session has %d bytes, for which 144 are allocated", n)
	}
	if n := unsafe.Sizeof(session{}) + unsafe.Sizeof(document{}); n > 224 {
		t.Errorf("a session of several has %d bytes, for which 240 are allocated", n)
	}
	if n := unsafe.Sizeof(documents{}); n > 64 {
		t.Errorf("a list of documents has %d bytes, for which 80 are allocated", n)
	}
}

// TestDisconnect shows that one connection is closed with the reason and a code after which its
// client comes back, as an event says, and no other; and that unknown ones are not found.
func TestDisconnect(t *testing.T) {
	hub := new(events.Hub)
	watch := hub.Subscribe(100)
	defer watch.Close()
	w := newWorld(t, with(Config{Events: hub}))
	a := dial(t, w, "/realtime/records/x")
	a.receive(protocol.SyncRequest)
	w.awaitOpen(w.only())
	id := w.one(ConnectionQuery{}).ID
	b := dial(t, w, "/realtime/records/x")
	b.receive(protocol.SyncRequest)
	if found, err := w.Disconnect(id+100, "", "root"); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := w.Disconnect(id, strings.Repeat("x", 101), "root"); !errors.Is(err, engine.ErrReason) {
		t.Errorf("%v", err)
	}
	if found, err := w.Disconnect(id, "come back", "root"); !found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	a.mustClose(engine.CloseUnavailable, "come back")
	e := awaitEvent(t, watch, events.Disconnected)
	if e.Connection != id || e.By != "root" || e.Code != 4503 || e.Reason != "come back" {
		t.Errorf("%+v", e)
	}
	b.roundTrips(1)
}

// TestDisconnectUser shows that all connections of a user are closed, and of no other; that without
// a time the user may come back at once; and that with one the user is kept out, after a restart
// too, with the time and the reason, and a code after which clients do not come back.
func TestDisconnectUser(t *testing.T) {
	store := persist.NewMemory()
	token := func(user string) string {
		return signToken(t, func(claims map[string]any) {
			setClaim("records", []any{recordEntry("a", "edit"), recordEntry("b", "edit")})(claims)
			setClaim("sub", user)(claims)
		})
	}
	w := newWorld(t, withAuth(testJWT), withStore(keepsOpen{store}))
	join := func(w *world, user, room string) *client {
		c := dial(t, w, "/realtime/records/"+room+"?token="+token(user))
		c.receive(protocol.SyncRequest)
		return c
	}
	ann, other, bob := join(w, "ann", "a"), join(w, "ann", "b"), join(w, "bob", "a")
	w.until("they have joined", func() bool {
		all, _ := w.Connections(ConnectionQuery{User: "ann"})
		return len(all) == 2
	})
	n, err := w.DisconnectUser(context.Background(), "ann", time.Time{}, "", "root")
	if n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, c := range []*client{ann, other} {
		c.mustClose(engine.CloseUnavailable, "disconnected by an administrator")
	}
	ann = join(w, "ann", "a")
	w.until("she is back", func() bool {
		all, _ := w.Connections(ConnectionQuery{User: "ann"})
		return len(all) == 1
	})
	until := time.Now().Add(time.Hour)
	why := until.UTC().Format("kept out until 2006-01-02 15:04 UTC: go")
	n, err = w.DisconnectUser(context.Background(), "ann", until, "go", "root")
	if n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	ann.mustClose(engine.CloseForbidden, why)
	refused := dial(t, w, "/realtime/records/b?token="+token("ann"))
	refused.mustClose(engine.CloseForbidden, why)
	bob.roundTrips(1)
	n, err = w.DisconnectUser(context.Background(), "bob", time.Unix(1, 0), "", "root")
	if n != 0 || !errors.Is(err, engine.ErrUntil) {
		t.Errorf("%d, %v", n, err)
	}
	w.end()
	again := newWorld(t, withAuth(testJWT), withStore(keepsOpen{store}))
	if err := again.engine.LoadDecisions(context.Background()); err != nil {
		t.Fatal(err)
	}
	dial(t, again, "/realtime/records/a?token="+token("ann")).mustClose(engine.CloseForbidden, why)
}

// keepsOpen is a Memory that outlives the servers that use it.
type keepsOpen struct{ *persist.Memory }

func (keepsOpen) Close() error { return nil }

// TestBannedWhileConnected shows that a user who was banned, and not disconnected, is closed when
// the session is rechecked, and when the client renews its token.
func TestBannedWhileConnected(t *testing.T) {
	for _, renews := range []bool{false, true} {
		w, _ := withScriptedAuth(t, Config{})
		c := dial(t, w, "/realtime/records/a?token=t", jsonProtocol)
		c.awaitJSON("room_state")
		w.awaitRechecked(1)
		until := time.Now().Add(time.Hour)
		if err := w.engine.Ban(context.Background(), "u1", until, "", ""); err != nil {
			t.Fatal(err)
		}
		if renews {
			c.send(gws.OpcodeText, []byte(`{"type":"control","event":"auth","token":"fresh"}`))
		} else if n := w.Recheck("u1"); n != 1 {
			t.Errorf("%d are rechecked", n)
		}
		c.mustClose(engine.CloseForbidden, until.UTC().Format("kept out until 2006-01-02 15:04 UTC"))
		w.end()
	}
}

// TestBannedWhileJoining shows that a user who is banned between the engine's check and the moment
// at which the connection can be found by the user is refused all the same.
func TestBannedWhileJoining(t *testing.T) {
	gate := make(chan struct{})
	joined := make(chan struct{})
	w, _ := withScriptedAuth(t, Config{})
	w.services.engine = &lateRooms{w.services.engine, joined, gate}
	c := dial(t, w, "/realtime/records/a?token=t")
	<-joined
	n, err := w.DisconnectUser(context.Background(), "u1", time.Now().Add(time.Hour), "", "")
	if n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	close(gate)
	if code, reason := c.closed(); code != 4403 || !strings.HasPrefix(reason, "kept out until") {
		t.Errorf("%d %q", code, reason)
	}
}

// lateRooms are rooms whose Join returns when a gate is closed.
type lateRooms struct {
	rooms
	joined chan<- struct{}
	gate   <-chan struct{}
}

func (l *lateRooms) Join(
	ctx context.Context, room roomkey.Key, c engine.Conn, p protocol.Protocol, as engine.Identity,
) (peer, error) {
	joined, err := l.rooms.Join(ctx, room, c, p, as)
	close(l.joined)
	<-l.gate
	return joined, err
}

// TestDrainOnDemand shows that Drain ends Serve as the end of its context does: clients are closed
// and may come back, the server is not ready from the call on, and it is an event.
func TestDrainOnDemand(t *testing.T) {
	hub := new(events.Hub)
	watch := hub.Subscribe(100)
	defer watch.Close()
	w := newWorld(t, with(Config{Events: hub}))
	c := dial(t, w, "/realtime/records/x")
	c.receive(protocol.SyncRequest)
	if err := w.Ready(); err != nil {
		t.Errorf("not ready before: %v", err)
	}
	w.Drain()
	w.Drain()
	if w.Ready() == nil {
		t.Error("still ready")
	}
	awaitEvent(t, watch, events.Draining)
	c.mustClose(engine.CloseUnavailable, "restarting")
	c.conn.Close()
	select {
	case err := <-w.served:
		if err != nil {
			t.Error(err)
		}
		w.served <- nil
	case <-time.After(patience):
		t.Fatal("Serve does not return")
	}
	if resp, err := http.Get(w.url("/readyz")); err == nil {
		resp.Body.Close()
		t.Error("it still accepts connections")
	}
}
