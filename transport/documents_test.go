package transport

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// documentClient is a client with several documents on its connection.
type documentClient struct{ *client }

func dialDocuments(t *testing.T, w *world) *documentClient {
	t.Helper()
	return &documentClient{dial(t, w, "/hocuspocus", noProtocol)}
}

// says sends a message for a document.
func (c *documentClient) says(address string, m protocol.Message) {
	c.t.Helper()
	c.send(gws.OpcodeBinary, protocol.Hocuspocus{}.Append(protocol.AppendAddress(nil, address), m))
}

func (c *documentClient) sends(address string, k protocol.Kind, body []byte) {
	c.t.Helper()
	c.says(address, protocol.Message{Kind: k, Body: body})
}

// signs sends a token, as version 4 of the provider does.
func (c *documentClient) signs(address, token string) {
	c.t.Helper()
	c.says(address, protocol.Message{Kind: protocol.Auth, Body: append([]byte{}, token...), Text: "4.8.0"})
}

// opens does what the provider does when it opens a document, without waiting.
func (c *documentClient) opens(address, token string) {
	c.t.Helper()
	c.signs(address, token)
	c.sends(address, protocol.SyncRequest, []byte{0})
	c.sends(address, protocol.Awareness, []byte{0})
}

// words are the messages of a server to a document, in words; awareness is left out.
var documentWords = map[byte]func(payload []byte) string{
	0: func(b []byte) string { return [...]string{"step 1", "step 2", "update"}[b[1]] },
	2: func(b []byte) string {
		switch b[1] {
		case 0:
			return "token?"
		case 1:
			return "denied " + string(b[3:])
		}
		return string(b[3:])
	},
	3: func([]byte) string { return "query" },
	5: func(b []byte) string { return "stateless " + string(b[2:]) },
	7: func(b []byte) string { return "closed " + string(b[2:]) },
	8: func(b []byte) string { return fmt.Sprint("status ", b[1]) },
}

// word returns the next message but awareness, as "address: what it is".
func (c *documentClient) word() string {
	c.t.Helper()
	for {
		frame := c.await(gws.OpcodeBinary)
		if len(frame) == 1 {
			return fmt.Sprint("unaddressed ", frame[0])
		}
		address, payload, ok := protocol.CutAddress(frame)
		if frame[0] == 0 {
			address, payload, ok = nil, frame[1:], true
		}
		if !ok {
			c.t.Fatalf("a frame of %x", frame)
		}
		if payload[0] != 1 {
			return string(address) + ": " + documentWords[payload[0]](payload)
		}
	}
}

// wants reads messages until it has these of the document, in order; those of other documents may
// come between.
func (c *documentClient) wants(address string, words ...string) {
	c.t.Helper()
	for _, want := range words {
		got := c.word()
		for !strings.HasPrefix(got, address+": ") {
			got = c.word()
		}
		if got != address+": "+want {
			c.t.Fatalf("%q, want %s: %s", got, address, want)
		}
	}
}

// wantsAll reads as many messages, and checks that they are these, in any order.
func (c *documentClient) wantsAll(words ...string) {
	c.t.Helper()
	var got []string
	for range words {
		got = append(got, c.word())
	}
	slices.Sort(got)
	if slices.Sort(words); !slices.Equal(got, words) {
		c.t.Fatalf("%q, want %q", got, words)
	}
}

// synced opens a document and synchronizes it.
func (c *documentClient) synced(address, token string) {
	c.t.Helper()
	c.opens(address, token)
	c.wants(address, "read-write", "step 1", "step 2")
	c.sends(address, protocol.SyncReply, []byte{0, 0})
	c.wants(address, "status 1")
}

// gated admits every token but "bad", those with "slow" when gate is closed, as the user with that
// id; those with "read" may only read.
func gated(gate chan struct{}) option {
	return withAuth(authFunc(func(ctx context.Context, token string) (engine.Identity, error) {
		if token == "bad" {
			return engine.Identity{}, &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "no such token"}
		}
		if strings.HasPrefix(token, "slow") {
			select {
			case <-gate:
			case <-ctx.Done():
				return engine.Identity{}, ctx.Err()
			}
		}
		return engine.Identity{ID: token, Anonymous: token == "", ReadOnly: strings.HasPrefix(token, "read")}, nil
	}))
}

// TestDocuments shows how documents are opened: on both paths, by name and by session, with what
// was sent before the answer, beside a client of y-websocket, and that one that is refused leaves
// the others alone, and can be opened with another token.
func TestDocuments(t *testing.T) {
	for _, path := range []string{
		"/hocuspocus", "/hocuspocus/", "/realtime/hocuspocus", "/hocuspocus?x=1", "/realtime/realtime/hocuspocus", "/hocuspocus/a/b",
	} {
		t.Run(path, func(t *testing.T) {
			w := newWorld(t, gated(nil))
			y := dial(t, w, "/realtime/records/a?token=y")
			y.receive(protocol.SyncRequest)
			c := &documentClient{dial(t, w, path, noProtocol)}
			c.opens("b", "bad")
			c.opens("a", "ann")
			c.opens("a\x00s1", "ann")
			c.opens("/", "ann")
			c.wantsAll("b: denied no such token", "/: denied not a document's name",
				"a: read-write", "a: step 1", "a: step 2",
				"a\x00s1: read-write", "a\x00s1: step 1", "a\x00s1: step 2")
			c.sends("b", protocol.Update, insertion(2, 0))
			c.sends("a", protocol.SyncReply, insertion(1, 0))
			c.wantsAll("a: status 1", "a\x00s1: update")
			if !strings.Contains(string(y.receive(protocol.Update)), "a") {
				t.Error("nothing came")
			}
			c.signs("b", "ann")
			c.wants("b", "read-write", "step 1", "step 2")
			c.sends("b", protocol.SyncReply, insertion(2, 0))
			c.wants("b", "status 1", "status 1") // of its step 2 and of the update
			c.sends("b", protocol.Update, insertion(2, 1))
			c.wants("b", "status 1")
			w.mustLog("joined", "record:b", "ann")
		})
	}
}

// TestDocumentReadOnly shows the scope and the statuses of a client that may not write.
func TestDocumentReadOnly(t *testing.T) {
	c := dialDocuments(t, newWorld(t, gated(nil)))
	c.opens("a", "reader")
	c.wants("a", "readonly", "step 1", "step 2")
	c.sends("a", protocol.SyncReply, []byte{0, 0})
	c.sends("a", protocol.Update, insertion(1, 0))
	c.sends("a", protocol.SyncReply, insertion(1, 0))
	c.wants("a", "status 1", "status 0", "status 0")
}

// TestDocumentsKept shows that what is sent before a document is opened is bounded: by number, and
// by bytes, over all documents.
func TestDocumentsKept(t *testing.T) {
	update := protocol.Message{Kind: protocol.Update, Body: insertion(1, 0)}
	for name, messages := range map[string]func(send func(address string, m protocol.Message)){
		"number": func(send func(string, protocol.Message)) {
			for i := range maxKept + 1 {
				send(fmt.Sprint("doc", i%2), update)
			}
		},
		"bytes": func(send func(string, protocol.Message)) {
			for i := range 6 {
				send(fmt.Sprint("doc", i%2), protocol.Message{Kind: protocol.Stateless, Body: make([]byte, 1<<20)})
			}
		},
		"of one that is being opened": func(send func(string, protocol.Message)) {
			send("doc", protocol.Message{Kind: protocol.Auth, Body: []byte("slow")})
			for range maxKept + 1 {
				send("doc", update)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, gated(make(chan struct{})), with(Config{Unlimited: true}))
			c := dialDocuments(t, w)
			go messages(func(address string, m protocol.Message) { // the server may close before the last
				c.conn.Write(masked(gws.OpcodeBinary, protocol.Hocuspocus{}.Append(protocol.AppendAddress(nil, address), m)))
			})
			c.mustClose(closeReset, errKeptTooMuch.Reason)
			w.until("nothing is kept", func() bool { return w.documentCount.Load() == 0 && w.ended(documentLimits) == 1 })
		})
	}
}

// TestDocumentsKeptFit shows that as much as is allowed is kept, and delivered in order, and then
// counts no more.
func TestDocumentsKeptFit(t *testing.T) {
	gate := make(chan struct{})
	c := dialDocuments(t, newWorld(t, gated(gate), with(Config{Unlimited: true})))
	c.signs("doc", "slow")
	c.sends("doc", protocol.SyncRequest, []byte{0})
	for i := range uint64(maxKept - 1) {
		c.sends("doc", protocol.Update, textUpdate(1, i, "x"))
	}
	c.roundTrips(1)
	close(gate)
	c.wants("doc", "read-write", "step 1")
	statuses := 0
	for statuses < maxKept-1 {
		if c.word() == "doc: status 1" {
			statuses++
		}
	}
	c.signs("other", "slow2")
	c.sends("other", protocol.SyncRequest, []byte{0})
	c.wants("other", "read-write", "step 1", "step 2")
}

// TestManyDocuments shows that a connection may have as many documents as configured, that one that
// was refused gives its place to another, and that one more closes the connection.
func TestManyDocuments(t *testing.T) {
	w := newWorld(t, gated(nil), with(Config{DocumentsPerConnection: 20, Unlimited: true}))
	c := dialDocuments(t, w)
	c.opens("refused", "bad")
	c.wants("refused", "denied no such token")
	for i := range 20 {
		c.synced(fmt.Sprint("doc", i), "ann")
	}
	for i := range 20 {
		c.sends(fmt.Sprint("doc", i), protocol.Update, insertion(1, 0))
	}
	var statuses []string
	for i := range 20 {
		statuses = append(statuses, fmt.Sprintf("doc%d: status 1", i))
	}
	c.wantsAll(statuses...)
	if page, _ := w.Connections(ConnectionQuery{}); len(page) != 20 || page[0].Socket == 0 || page[0].Socket != page[19].Socket ||
		page[0].Room.String() != "record:doc0" || page[0].User != "ann" || page[0].Protocol != "hocuspocus" || page[0].State != ConnectionJoined {
		t.Errorf("%d are listed: %+v", len(page), page)
	}
	c.says("doc7", protocol.Message{Kind: protocol.Detach})
	c.synced("in its place", "ann")
	c.signs("one too many", "ann")
	c.mustClose(closeReset, errManyDocuments.Reason)
	w.until("all have left", func() bool { return w.documentCount.Load() == 0 && w.conns.size() == 0 })
	w.mustLog("left", "record:doc7", `"code":1000`)
}

// TestNoDocumentInTime shows that a connection on which no document was opened is closed after a
// minute, whatever it sends, and that one with a document stays, also when that has ended.
func TestNoDocumentInTime(t *testing.T) {
	w := newWorld(t, gated(nil))
	c, other := dialDocuments(t, w), dialDocuments(t, w)
	other.synced("a", "ann")
	other.says("a", protocol.Message{Kind: protocol.Detach})
	c.opens("a", "bad")
	c.wants("a", "denied no such token")
	w.settle()
	w.advance(firstDocument - time.Second)
	c.roundTrips(1)
	w.settle()
	w.advance(firstDocument)
	c.mustClose(closeNotAuthenticated, errNoDocument.Reason)
	other.synced("a", "ann")
}

// TestDocumentsOtherProtocol shows that clients of other protocols are closed with the right path
// named, and those of Hocuspocus on other paths, too.
func TestDocumentsOtherProtocol(t *testing.T) {
	w := newWorld(t)
	for name, first := range map[string]struct {
		op      gws.Opcode
		payload []byte
	}{
		"y-websocket":        {gws.OpcodeBinary, []byte{0, 0, 1, 0}},
		"y-websocket, query": {gws.OpcodeBinary, []byte{3}},
		"JSON":               {gws.OpcodeText, []byte(`{"type":"ping"}`)},
		"MessagePack":        {gws.OpcodeBinary, []byte{0x91, 0x0c}},
		"nothing":            {gws.OpcodeBinary, nil},
		"a pong":             {gws.OpcodeBinary, []byte{10}},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, w, "/hocuspocus", noProtocol)
			c.send(first.op, first.payload)
			c.mustClose(closeOtherProtocol, "not Hocuspocus: other protocols are spoken at /realtime/records/ID")
		})
	}
	c := dial(t, w, "/hocuspocus/minutes") // as y-websocket's provider appends the room
	c.send(gws.OpcodeBinary, []byte{0, 0, 1, 0})
	c.mustClose(closeOtherProtocol, "not Hocuspocus: other protocols are spoken at /realtime/records/ID")
	c = dial(t, w, "/hocuspocus", protocolHeader+": "+protocol.JSON{}.Name())
	c.mustClose(closeOtherProtocol, "not Hocuspocus: other protocols are spoken at /realtime/records/ID")
	c = dial(t, w, "/realtime/records/a", protocolHeader+": hocuspocus", noProtocol)
	c.send(gws.OpcodeBinary, hocuspocus("by-law-7", 2, "\x00\x00"))
	c.mustClose(closeOtherProtocol, "not y-websocket: Hocuspocus is spoken at /hocuspocus")
}

// TestDocumentWithoutName shows that a token for a document with an empty name is answered with a
// refusal, as any that has no room, also in the first message.
func TestDocumentWithoutName(t *testing.T) {
	c := dialDocuments(t, newWorld(t, gated(nil)))
	for range 2 {
		c.opens("", "ann")
		c.wants("", "denied not a document's name")
	}
	c.synced("a", "ann")
}

// TestNoDocuments shows that the path can be changed, and be switched off.
func TestNoDocuments(t *testing.T) {
	w := newWorld(t, with(Config{DocumentPath: "/collab"}))
	c := &documentClient{dial(t, w, "/collab", noProtocol)}
	c.synced("a", "ann")
	for _, other := range []string{"/hocuspocus", "/collaboration"} {
		if code, _, _ := w.get(other); code != 404 {
			t.Errorf("%s: status %d", other, code)
		}
	}
	w = newWorld(t, with(Config{NoDocuments: true}))
	if code, _, _ := w.get("/hocuspocus"); code != 404 {
		t.Errorf("status %d", code)
	}
	dial(t, w, "/realtime/hocuspocus").mustClose(engine.CloseRoomNotFound, errKind.Reason)
}

// TestDocumentsRefusedConnection shows that a connection that is refused as a whole is closed as
// others are.
func TestDocumentsRefusedConnection(t *testing.T) {
	w := newWorld(t, with(Config{Disabled: true}))
	dial(t, w, "/hocuspocus", noProtocol).mustClose(engine.CloseUnavailable, errDisabled.Reason)
	w = newWorld(t, with(Config{RequireTLS: true}))
	if !allOverTLS {
		dial(t, w, "/hocuspocus", noProtocol).mustClose(engine.CloseForbidden, errNoTLS.Reason)
	}
}

// TestDocumentPings shows that frames of one byte are about the connection, and that others without
// an address are malformed, charged, and close nothing.
func TestDocumentPings(t *testing.T) {
	w := newWorld(t, gated(nil))
	c := dialDocuments(t, w)
	c.synced("a", "ann")
	c.send(gws.OpcodeBinary, []byte{protocol.HocuspocusPing})
	if got := c.word(); got != "unaddressed 10" {
		t.Errorf("%q", got)
	}
	c.send(gws.OpcodeBinary, []byte{protocol.HocuspocusPong})
	bad := [][]byte{{}, {8}, {0, 0, 0}, {2, 0xff, 0xfe, 0}, {5, 'a'}, {1, 'a'}}
	for _, payload := range bad {
		c.send(gws.OpcodeBinary, payload)
	}
	c.send(gws.OpcodeText, []byte("\x01a\x03"))
	c.sends("a", protocol.Update, insertion(1, 0))
	c.wants("a", "status 1")
	if n := w.counters.unaddressed.Get(); n != uint64(len(bad)+1) {
		t.Errorf("%d counted", n)
	}
}

// TestDocumentGarbage shows that a message that cannot be read is charged and answered with
// nothing, and that an update that cannot be read ends its document alone, which can be opened
// again.
func TestDocumentGarbage(t *testing.T) {
	w := newWorld(t, gated(nil), with(Config{Unlimited: true}))
	c := dialDocuments(t, w)
	c.synced("a", "ann")
	c.synced("b", "ann")
	for _, payload := range []string{"\x00\x00\x05", "\x01\x09", "\x05\xff", "\x06\x01x", "\x08\x01", "\x02\x01\x02no", "\x02\x00\x09", "\x63\x01", "\x00\x07", "\xff"} {
		c.send(gws.OpcodeBinary, append(protocol.AppendAddress(nil, "a"), payload...))
	}
	long := strings.Repeat("n", protocol.MaxAddress+1)
	c.sends(long, protocol.Update, insertion(1, 0))
	c.signs(long, "ann")
	c.wants(long, "denied not a document's name")
	c.wants("a", "step 1") // as there may have been updates among them
	c.sends("a", protocol.SyncReply, []byte{0, 0})
	c.sends("a", protocol.Update, insertion(1, 0))
	c.wants("a", "status 1")
	w.mustLog("invalid message", "record:a")
	c.sends("a", protocol.Update, []byte{1, 1, 9, 0, 31, 0})
	c.wants("a", "closed unknown content ref at offset 4")
	c.sends("b", protocol.Update, insertion(1, 0))
	c.wants("b", "status 1")
	c.signs("a", "ann")
	c.wants("a", "read-write", "step 1", "step 2")
	w.mustLog("document closed", `"code":4522`)
	if n := w.counters.documentsEnded[invalidUpdate].Get(); n != 1 {
		t.Errorf("%d counted", n)
	}
}

// TestDocumentTooLong shows that a message that is too long is answered if it can be for one
// document only, and closes the connection otherwise.
func TestDocumentTooLong(t *testing.T) {
	w := newWorld(t, gated(nil), with(Config{FrameBytes: 1 << 16}))
	c := dialDocuments(t, w)
	c.synced("a", "ann")
	c.sends("a", protocol.Update, make([]byte, 1<<17))
	c.wants("a", "status 0")
	c.sends("a", protocol.Update, insertion(1, 0))
	c.wants("a", "status 1")
	c.synced("b", "ann")
	c.sends("a", protocol.Update, make([]byte, 1<<17))
	c.mustClose(closeTooLarge, errTooLarge.Reason)
}

// TestDocumentEnds shows what a client is sent when one of its documents ends: the reason, where
// its user is not to come back; nothing where it is, as the document is opened again, with what was
// written meanwhile and as many statuses as the client waits for.
func TestDocumentEnds(t *testing.T) {
	w := newWorld(t, gated(nil), with(Config{Unlimited: true, IdleTimeout: 2 * time.Hour}))
	c := dialDocuments(t, w)
	c.synced("a", "ann")
	c.synced("b", "bob")
	if n, err := w.engine.Kick(t.Context(), roomkey.MustParse("record:a"), "ann", ""); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	c.wants("a", "closed removed from this record")
	c.sends("a", protocol.Update, insertion(1, 0))
	if err := w.engine.Evict(t.Context(), roomkey.MustParse("record:b"), ""); err != nil {
		t.Fatal(err)
	}
	w.until("it is away", func() bool { return w.documentPhase("b") == away })
	c.sends("b", protocol.Update, insertion(1, 0))
	c.sends("b", protocol.Update, insertion(1, 1))
	c.roundTrips(1)
	w.advance(time.Minute)
	c.wants("b", "read-write", "step 1", "step 2")
	c.sends("b", protocol.SyncReply, typedAt(0, []byte("aa")))
	c.wants("b", "status 1", "status 1")
	c.sends("b", protocol.Update, insertion(1, 2))
	c.wants("b", "status 1")
	for _, i := range w.listed() {
		if found, err := w.Disconnect(i.ID, "", "root"); !found || err != nil {
			t.Error(found, err)
		}
	}
	w.until("it is away again", func() bool { return w.documentPhase("b") == away })
	w.advance(time.Hour)
	c.wants("b", "read-write", "step 1", "step 2")
}

// documentPhase returns the phase of the document with an address.
func (w *world) documentPhase(address string) (phase documentPhase) {
	c := w.only()
	c.reading.Lock()
	defer c.reading.Unlock()
	if s := c.documents.find([]byte(address)); s != nil {
		return s.document.phase
	}
	return detached
}

func (w *world) listed() []ConnectionInfo {
	page, _ := w.Connections(ConnectionQuery{})
	return page
}

// TestDocumentTriedAgain shows that a document that cannot be opened for a reason of the server's
// is tried again, and opened with nothing lost, and that its client is told if that takes long.
func TestDocumentTriedAgain(t *testing.T) {
	broken := &brokenStore{Memory: persist.NewMemory()}
	broken.set(true)
	w := newWorld(t, gated(nil), withStore(broken), with(Config{Unlimited: true}))
	c := dialDocuments(t, w)
	c.opens("a", "ann")
	c.sends("a", protocol.Update, insertion(1, 0))
	for i := range quietTries {
		w.until("it is away", func() bool { return broken.loads() == i+1 && w.documentPhase("a") == away })
		w.advance(time.Duration(i+1) * 10 * time.Second)
	}
	c.wants("a", "denied room cannot be loaded")
	broken.set(false)
	w.until("it is away", func() bool { return w.documentPhase("a") == away })
	w.advance(time.Minute - time.Second)
	c.wants("a", "read-write", "step 1", "step 2")
	c.sends("a", protocol.SyncReply, insertion(1, 0))
	c.wants("a", "status 1", "status 1")
}

// TestDocumentTriedWithOldToken shows that a client whose token has ended while its document could
// not be opened is asked for another, once, and gets the document with that.
func TestDocumentTriedWithOldToken(t *testing.T) {
	broken, ended := &brokenStore{Memory: persist.NewMemory()}, &atomic.Bool{}
	broken.set(true)
	w := newWorld(t, withStore(broken), with(Config{Unlimited: true}), withAuth(authFunc(func(_ context.Context, token string) (engine.Identity, error) {
		if ended.Load() && token == "one" {
			return engine.Identity{}, &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "token expired"}
		}
		return engine.Identity{ID: "ann"}, nil
	})))
	c := dialDocuments(t, w)
	c.opens("a", "one")
	w.until("it is away", func() bool { return broken.loads() == 1 && w.documentPhase("a") == away })
	broken.set(false)
	ended.Store(true)
	w.advance(10 * time.Second)
	c.wants("a", "token?")
	c.signs("a", "one")
	c.wants("a", "denied token expired")
	c.signs("a", "two")
	c.wants("a", "read-write", "step 1", "step 2")
}

// brokenStore is a store that cannot load while it is broken.
type brokenStore struct {
	*persist.Memory
	mu     sync.Mutex
	broken bool
	loaded int
}

// loads returns how often it was asked.
func (s *brokenStore) loads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loaded
}

func (s *brokenStore) set(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *brokenStore) Load(ctx context.Context, room string) ([]byte, [][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded++
	if s.broken {
		return nil, nil, fmt.Errorf("broken")
	}
	return s.Memory.Load(ctx, room)
}

// TestDocumentTokens shows that a fresh token is requested before the old one ends, and again until
// one comes, that a valid one lets the session go on, that an invalid one changes nothing, and that
// without one the session ends, and the document can be opened again.
func TestDocumentTokens(t *testing.T) {
	ends := time.Now().Add(10 * time.Minute).Truncate(time.Second)
	w, r := withScriptedAuth(t, Config{Unlimited: true, IdleTimeout: time.Hour})
	r.set(func(r *scriptedAuth) { r.session.Expires = ends })
	c := dialDocuments(t, w)
	c.synced("a", "one")
	at := func(d time.Duration) { w.tick(ends.Add(d), 0) }
	at(-61 * time.Second)
	at(-time.Minute)
	c.wants("a", "token?")
	at(-50 * time.Second)
	at(-40 * time.Second)
	c.wants("a", "token?")
	r.set(func(r *scriptedAuth) { r.err = closing(engine.CloseAuthFailed, "unknown token") })
	c.signs("a", "bad")
	c.wants("a", "denied unknown token")
	r.set(func(r *scriptedAuth) { r.err, r.session.Expires = nil, ends.Add(10*time.Minute) })
	c.signs("a", "two")
	c.wants("a", "read-write") // as it was denied
	at(time.Second)
	c.signs("a", "three")
	c.sends("a", protocol.Update, insertion(1, 0))
	c.wants("a", "status 1")
	w.until("the token counts", func() bool { return w.counters.renewed.Get() == 2 })
	at(10*time.Minute - time.Second)
	c.wants("a", "token?")
	at(10 * time.Minute)
	c.wants("a", "closed session expired")
	c.sends("a", protocol.Update, insertion(1, 1))
	r.set(func(r *scriptedAuth) { r.session.Expires = ends.Add(20 * time.Minute) })
	c.signs("a", "four")
	c.wants("a", "read-write", "step 1", "step 2")
	c.sends("a", protocol.SyncReply, insertion(1, 1))
	c.wants("a", "status 1")
	for _, secret := range []string{"one", "two", "three", "four"} {
		if strings.Contains(w.log.String(), `"`+secret+`"`) {
			t.Errorf("the log has token %s", secret)
		}
	}
}

// TestDocumentTokenOfEarlier shows that a fresh token whose check ends when the document was opened
// again changes nothing: the session is rechecked, and its rights change, as those of any.
func TestDocumentTokenOfEarlier(t *testing.T) {
	w, r := withScriptedAuth(t, Config{Unlimited: true})
	c := dialDocuments(t, w)
	c.synced("a", "one")
	gate := make(chan struct{})
	r.set(func(r *scriptedAuth) { r.gate = gate })
	c.signs("a", "two")
	w.until("it is being checked", func() bool { return r.callCount() == 2 })
	r.set(func(r *scriptedAuth) { r.gate = nil })
	if err := w.engine.Evict(t.Context(), roomkey.MustParse("record:a"), ""); err != nil {
		t.Fatal(err)
	}
	w.until("it is away", func() bool { return w.documentPhase("a") == away })
	w.advance(10 * time.Second)
	c.wants("a", "read-write", "step 1", "step 2")
	close(gate)
	s := w.only().documents.list()[0]
	w.until("it is checked", func() bool {
		s.conn.reading.Lock()
		defer s.conn.reading.Unlock()
		return s.tokens == nil
	})
	r.set(func(r *scriptedAuth) { r.session.ReadOnly = true })
	w.Recheck("u1")
	c.wants("a", "readonly")
}

// TestDocumentRechecks shows that each document is rechecked by itself, and that one whose session
// was revoked ends alone.
func TestDocumentRechecks(t *testing.T) {
	w, r := withScriptedAuth(t, Config{Unlimited: true})
	c := dialDocuments(t, w)
	c.synced("a", "one")
	c.synced("b", "one")
	r.set(func(r *scriptedAuth) { r.err = closing(engine.CloseAuthFailed, "logged out") })
	if n := w.Recheck("u1"); n != 2 {
		t.Errorf("%d are rechecked", n)
	}
	c.wantsAll("a: closed "+errRevoked.Reason, "b: closed "+errRevoked.Reason)
	w.mustLog("session ended", "record:a")
	c.roundTrips(1)
}

// TestDocumentsDoNotWait shows that a document whose room is busy, or whose token is being checked,
// holds up no other on the connection, and that its messages are delivered in order later.
func TestDocumentsDoNotWait(t *testing.T) {
	gate := make(chan struct{})
	stop := &blockingHandler{at: "record is open again", stopped: make(chan struct{}), release: make(chan struct{})}
	w := newWorld(t, gated(gate), func(s *setup) {
		s.logs = func(h slog.Handler) slog.Handler { stop.Handler = h; return stop }
	}, with(Config{Unlimited: true}))
	c := dialDocuments(t, w)
	c.synced("held", "ann")
	c.synced("free", "ann")
	c.opens("slow", "slow")
	w.lockHeld(true)
	c.wants("held", "readonly")
	go w.lockHeld(false)
	<-stop.stopped
	release := sync.OnceFunc(func() { close(stop.release) })
	t.Cleanup(release)
	for i := range uint64(50) {
		c.sends("held", protocol.Update, textUpdate(1, i, "x"))
		c.sends("free", protocol.Update, textUpdate(1, i, "x"))
	}
	for range 50 {
		c.wants("free", "status 1")
	}
	release()
	close(gate)
	statuses, opened := 0, false
	for statuses < 50 || !opened {
		switch c.word() {
		case "held: status 1":
			statuses++
		case "held: status 0":
			t.Fatal("refused")
		case "slow: step 2":
			opened = true
		}
	}
}

// TestDocumentsFed shows that a connection whose documents are in no room is sent something before
// a provider would close it: a ping, or to an old provider, that has none, an empty awareness
// update.
func TestDocumentsFed(t *testing.T) {
	for _, version := range []string{"", "4.8.0"} {
		w := newWorld(t, gated(nil))
		c := dialDocuments(t, w)
		c.says("a", protocol.Message{Kind: protocol.Auth, Body: []byte("bad"), Text: version})
		c.wants("a", "denied no such token")
		w.until("it was sent", func() bool { return w.only().documents.fed.Load() > 0 })
		w.advance(time.Second + feedAfter)
		frame := c.await(gws.OpcodeBinary)
		want := "\x09"
		if version == "" {
			want = "\x01a\x01\x01\x00"
		}
		if string(frame) != want {
			t.Errorf("%q: %x", version, frame)
		}
	}
}

// TestDocumentsDrain shows that a shutdown closes a connection with several documents as it closes
// others.
func TestDocumentsDrain(t *testing.T) {
	for _, documents := range []int{0, 1, 3} {
		w := newWorld(t, gated(nil))
		c := dialDocuments(t, w)
		for i := range documents {
			c.synced(fmt.Sprint("doc", i), "ann")
		}
		c.opens("refused", "bad")
		c.wants("refused", "denied no such token")
		w.Drain()
		c.mustClose(engine.CloseUnavailable, "restarting")
		w.end()
	}
}

// TestDocumentUsers shows that the limit on the connections of a user counts connections, and not
// their documents.
func TestDocumentUsers(t *testing.T) {
	w := newWorld(t, gated(nil), with(Config{ConnectionsPerUser: 1}))
	c, other := dialDocuments(t, w), dialDocuments(t, w)
	c.synced("a", "ann")
	c.synced("b", "ann")
	other.opens("a", "ann")
	other.wants("a", "denied too many connections of this user")
	other.synced("b", "bob")
}

// TestDocumentsAllocs shows that delivering to a document allocates nothing.
func TestDocumentsAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("pools forget at random under the race detector")
	}
	w := newWorld(t, gated(nil))
	c := dialDocuments(t, w)
	c.synced("a", "ann")
	s := w.only().documents.all[0]
	go func() {
		buf := make([]byte, 64<<10)
		for {
			if _, err := c.conn.Read(buf); err != nil {
				return
			}
		}
	}()
	for _, frames := range [][][]byte{
		{filled('a', 60)},
		{filled('a', 60), filled('b', 300)},
		{filled('a', 60), filled('b', 60<<10), filled('c', 5)},
	} {
		if n := testing.AllocsPerRun(200, func() { _ = s.Write(frames, nil) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// TestDocumentIdle shows that an idle connection with a document has no goroutine, and takes little
// more memory than one of y-websocket: its own lists, and an address and a token.
func TestDocumentIdle(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	const most, tries = 240, 3 // what tests before this have left may go during the first
	free := with(Config{Unlimited: true})
	var y, d int
	for range tries {
		y = idleBytes(newWorld(t, free, withAuth(auth.AllowAll{})), idleYWebsocket)
		d = idleBytes(newWorld(t, free, withAuth(auth.AllowAll{})), func(w *world, room string) {
			c := dialDocuments(w.t, w)
			c.synced(room, "anybody")
			c.br, c.answer = nil, nil
		})
		if d <= y+most {
			return
		}
	}
	t.Errorf("%d bytes, and %d of y-websocket", d, y)
}

// TestDocumentLateClose shows that a close that the provider could not send before the connection
// was there, and sends behind the token of another provider for the same document, does not close
// that, while one after which nothing comes does, and a token after it opens the document anew.
func TestDocumentLateClose(t *testing.T) {
	w := newWorld(t, gated(nil))
	c := dialDocuments(t, w)
	detach := protocol.Message{Kind: protocol.Detach}
	for _, address := range []string{"late", "left", "anew"} {
		c.opens(address, "ann")
		c.wants(address, "read-write", "step 1", "step 2")
		c.says(address, detach)
	}
	c.opens("anew", "bob")
	c.wants("anew", "read-write", "step 1", "step 2")
	c.sends("late", protocol.SyncReply, []byte{0, 0})
	c.wants("late", "status 1")
	w.advance(lateCloseAfter)
	w.until("one is closed", func() bool { return w.documentPhase("left") == detached })
	c.sends("late", protocol.Update, insertion(1, 0))
	c.wants("late", "status 1")
	c.says("late", detach)
	c.says("anew", detach)
	w.until("all are closed", func() bool { return w.documentCount.Load() == 0 })
}

// TestDocumentLateUpdates shows that updates from before the client's step 1, which the provider
// sends after it when it was away, have no status, and are in the document with its step 2, while
// others have theirs. One that only deletes may be either: it has its status when nothing else is
// waited for and the client is quiet, as the provider ignores that if it does not wait for one.
// Later, when nothing old can come, a step 1 changes nothing about this.
func TestDocumentLateUpdates(t *testing.T) {
	w := newWorld(t, gated(nil))
	c := dialDocuments(t, w)
	c.signs("a", "ann")
	c.sends("a", protocol.SyncRequest, []byte{1, 7, 2})
	c.wants("a", "read-write", "step 1", "step 2")
	c.sends("a", protocol.Update, insertion(7, 0))
	c.sends("a", protocol.Update, insertion(7, 1))
	c.sends("a", protocol.Update, []byte{0, 1, 7, 1, 0, 1}) // deletes only
	c.sends("a", protocol.Update, insertion(8, 0))          // of another client
	c.sends("a", protocol.SyncReply, []byte{1, 2, 7, 0, 4, 1, 1, 't', 1, 'a', 0x84, 7, 0, 1, 'a', 0})
	c.sends("a", protocol.Update, insertion(7, 2))
	c.wants("a", "status 1", "status 1", "status 1")
	c.sends("a", protocol.Update, []byte{0, 1, 7, 1, 0, 1})
	c.wants("a", "status 1")
	w.until("nothing else is waited for", func() bool { return w.only().documents.list()[0].document.unacked.Load() == 0 })
	w.advance(ackUnsureAfter)
	c.wants("a", "status 1")
	c.sends("a", protocol.SyncRequest, []byte{1, 7, 3})
	c.sends("a", protocol.Update, []byte{0, 1, 7, 1, 1, 1})
	c.sends("a", protocol.Update, insertion(7, 2))
	c.wantsAll("a: step 1", "a: step 2", "a: status 1", "a: status 1")
}
