package e2e

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// localServer is a server in the test's process, so that a test can configure and control it in
// every way.
type localServer struct {
	t      *testing.T
	engine *engine.Engine
	keys   auth.JWTConfig
	addr   string
	log    *processes.Output

	stop    context.CancelFunc
	stopped func() // stops the server, and waits for its end
}

var localSecret = []byte("thirty-two bytes of the greatest secrecy")

func newLocalServer(t *testing.T, ec engine.Config, tc transport.Config, store engine.Store) *localServer {
	t.Helper()
	return newLocalServerAt(t, freeAddr(t), ec, tc, store, func(checks auth.Authenticator) auth.Authenticator { return checks })
}

// newLocalServerAt starts a server that listens at addr, and checks tokens with the authenticator
// that wrap returns.
func newLocalServerAt(t *testing.T, addr string, ec engine.Config, tc transport.Config, store engine.Store, wrap func(auth.Authenticator) auth.Authenticator) *localServer {
	t.Helper()
	written := processes.Watch("")
	log := slog.New(slog.NewTextHandler(written, nil))
	h := &localServer{t: t, log: written, engine: engine.New(ec, store, log), keys: auth.JWTConfig{Keys: []auth.Key{auth.SecretKey(localSecret)}, Leeway: 1}}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	h.addr = l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- transport.New(tc, h.engine, wrap(auth.NewJWT(h.keys)), log).Serve(ctx, l) }()
	h.stop = stop
	h.stopped = sync.OnceFunc(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(h.stopped)
	return h
}

// setLocked locks or unlocks the room.
func (h *localServer) setLocked(locked bool) {
	h.t.Helper()
	key := roomkey.MustParse("record:" + room)
	if err := h.engine.Lock(context.Background(), key, locked, ""); err != nil {
		h.t.Fatal(err)
	}
}

// kick removes a user from the room.
func (h *localServer) kick(user string) {
	h.t.Helper()
	key := roomkey.MustParse("record:" + room)
	if _, err := h.engine.Kick(context.Background(), key, user, ""); err != nil {
		h.t.Fatal(err)
	}
}

func (h *localServer) token(access auth.Access, ttl time.Duration, roles ...string) string {
	h.t.Helper()
	s := auth.Session{Identity: engine.Identity{ID: "u1", Name: "Ann"}, Roles: roles}
	if access != auth.Edit {
		s.Grants = auth.Grants{}
	}
	if access == auth.View {
		s.Grants[auth.AnyRecord] = access
	}
	token, err := h.keys.Sign(localSecret, s, ttl)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// errorClient is a real client that is to cause an error.
type errorClient struct {
	*client
	h     *localServer
	proto protocol.Protocol
}

// raw sends a frame several times, without a pause.
func (v *errorClient) raw(frame []byte, times int) {
	v.t.Helper()
	if v.proto.Text() {
		v.do("raw", args{"text": string(frame), "times": times}, nil)
		return
	}
	v.do("raw", args{"hex": hex.EncodeToString(frame), "times": times}, nil)
}

// lowRate has a rate at which a connection that sends dozens of messages at once is closed. A tenth
// of the burst, after which earlier excess is forgiven, comes back in a second; the pauses of a
// busy machine are shorter.
var lowRate = transport.Config{MessagesPerSecond: 2, MessageBurst: 20, YWebsocketMessagesPerSecond: 2, YWebsocketBurst: 20, RatePatience: 500 * time.Millisecond}

func (v *errorClient) update(body []byte) { v.updates(body, 1) }

func (v *errorClient) updates(body []byte, times int) {
	v.t.Helper()
	v.raw(v.proto.Append(nil, protocol.Message{Kind: protocol.Update, Body: body}), times)
}

// textUpdate returns an update in which another client types text.
func textUpdate(text string) []byte {
	b := lib0.AppendString([]byte{1, 1, 77, 0, yjs.RefString, 1}, "text")
	return append(lib0.AppendString(b, text), 0)
}

// nestedUpdate returns an update with depth lists, each in the one before.
func nestedUpdate(depth uint64) []byte {
	b := lib0.AppendUvarint([]byte{1}, depth)
	b = append(lib0.AppendString(append(b, 77, 0, yjs.RefType, 1), "list"), yjs.TypeArray)
	for clock := range depth - 1 {
		b = append(lib0.AppendUvarint(append(b, yjs.RefType, 0, 77), clock), yjs.TypeArray)
	}
	return append(b, 0)
}

func (v *errorClient) malformed(times int) {
	v.t.Helper()
	frame := []byte{0, 2, 200}
	if v.proto.Text() {
		frame = []byte{'['}
	}
	v.raw(frame, times)
}

func (v *errorClient) fresh(token string) {
	v.t.Helper()
	v.do("renew", args{"token": token}, nil)
}

// brokenStore fails to load.
type brokenStore struct{ *persist.Memory }

func (brokenStore) Load(context.Context, string) ([]byte, [][]byte, error) {
	return nil, nil, errors.New("bad disk")
}

// errorCase is a row of the table of errors in docs/protocol.md.
type errorCase struct {
	name   string
	engine engine.Config
	tcfg   transport.Config
	store  engine.Store // nil: in memory
	token  func(*localServer) string
	path   string // instead of the record's
	act    func(*errorClient)

	code   string // of the error, for native clients
	close  int    // 0: the connection stays
	denied bool   // y-websocket clients get a message about it
	reason string
}

const room = "by-law"

func editor(h *localServer) string { return h.token(auth.Edit, time.Hour) }
func viewer(h *localServer) string { return h.token(auth.View, time.Hour) }
func barred(h *localServer) string { return h.token("", time.Hour) }

var errorCases = []errorCase{
	{name: "token missing", token: func(*localServer) string { return "" }, code: protocol.CodeAuthFailed, close: 4401, denied: true, reason: "token missing"},
	{name: "token invalid", token: func(*localServer) string { return "x.y.z" }, code: protocol.CodeAuthFailed, close: 4401, denied: true, reason: "token malformed"},
	{name: "token expired", token: func(h *localServer) string { return h.token(auth.Edit, -time.Hour) }, code: protocol.CodeAuthFailed, close: 4401, denied: true, reason: "token expired"},
	{name: "token expires", tcfg: transport.Config{PingInterval: 300 * time.Millisecond}, token: func(h *localServer) string { return h.token(auth.Edit, 4*time.Second) },
		code: protocol.CodeAuthFailed, close: 4501, denied: true, reason: "session expired"},
	{name: "right taken away", act: func(v *errorClient) { v.fresh(barred(v.h)) }, code: protocol.CodePermissionDenied, close: 4403, denied: true, reason: "no access to this record"},
	{name: "bad fresh token", act: func(v *errorClient) { v.fresh("x.y.z") }, code: protocol.CodeAuthFailed, denied: true, reason: "token malformed"},
	{name: "may not view", token: barred, code: protocol.CodePermissionDenied, close: 4403, denied: true, reason: "no access to this record"},
	{name: "may not edit, by policy", tcfg: transport.Config{NoViewers: true}, token: viewer, code: protocol.CodePermissionDenied, close: 4403, denied: true, reason: "no permission to edit this record"},
	{name: "role excluded", tcfg: transport.Config{Roles: []string{"clerk"}}, code: protocol.CodePermissionDenied, close: 4403, denied: true, reason: "no role that may take part"},
	{name: "no such kind of room", path: "/dances", code: protocol.CodeRoomNotFound, close: 4404, reason: "no such kind of room"},
	{name: "malformed message", act: func(v *errorClient) { v.malformed(1) }, code: protocol.CodeInvalidMessage},
	{name: "malformed messages beyond the rate", tcfg: lowRate,
		act: func(v *errorClient) { v.malformed(10) }, code: protocol.CodeRateLimit, close: 4513, reason: "rate limit exceeded"},
	{name: "invalid update", act: func(v *errorClient) { v.update([]byte{1, 1, 1, 0, 200}) },
		code: protocol.CodeInvalidUpdate, close: 4522, denied: true, reason: "unexpected end of input at offset 5"},
	{name: "types nested too deeply", act: func(v *errorClient) { v.update(nestedUpdate(300)) },
		code: protocol.CodeInvalidUpdate, close: 4522, denied: true, reason: "types nested too deeply"},
	{name: "viewer writes", token: viewer, act: func(v *errorClient) { v.update(textUpdate("x")) }, code: protocol.CodePermissionDenied, denied: true, reason: "read-only"},
	{name: "room is locked", act: func(v *errorClient) {
		v.h.setLocked(true)
		v.update(textUpdate("x"))
	}, code: protocol.CodeRoomLocked, denied: true, reason: "record is locked"},
	{name: "document too large", engine: engine.Config{DocumentBytes: 1000}, act: func(v *errorClient) { v.update(textUpdate(strings.Repeat("x", 1000))) },
		code: protocol.CodeDocumentTooLarge, denied: true, reason: "document too large"},
	{name: "frame too large", tcfg: transport.Config{FrameBytes: 1000}, act: func(v *errorClient) { v.update(textUpdate(strings.Repeat("x", 1000))) },
		code: protocol.CodeMessageTooLarge, denied: true, reason: "message too large"},
	{name: "frame far too large", tcfg: transport.Config{FrameBytes: 100}, act: func(v *errorClient) { v.update(textUpdate(strings.Repeat("x", 5000))) },
		code: protocol.CodeMessageTooLarge, close: 1009, denied: true, reason: "message too large"},
	{name: "too many messages", tcfg: lowRate,
		act: func(v *errorClient) { v.updates(textUpdate("x"), 60) }, code: protocol.CodeRateLimit, close: 4513, reason: "rate limit exceeded"},
	{name: "too many connections", tcfg: transport.Config{Connections: -1}, code: protocol.CodeConnectionLimit, close: 4529, reason: "too many connections to this server"},
	{name: "too many records", engine: engine.Config{Rooms: -1}, code: protocol.CodeConnectionLimit, close: 4529, reason: "too many records are open"},
	{name: "realtime is off", tcfg: transport.Config{Disabled: true}, code: protocol.CodeDisabled, close: 4503, reason: "realtime is disabled"},
	{name: "kicked", act: func(v *errorClient) { v.h.kick("u1") }, code: protocol.CodeKicked, close: 4403, denied: true, reason: "removed from this record"},
	{name: "failure of ours", store: brokenStore{persist.NewMemory()}, code: protocol.CodeInternal, close: 4500, reason: "room cannot be loaded"},
	{name: "restart", act: func(v *errorClient) { v.h.stop() }, close: 4503, reason: "restarting"},
}

// TestErrors shows that every error in the table is reported as documented, to a real client of
// each protocol and each version of y-websocket.
func TestErrors(t *testing.T) {
	for _, version := range append([]any{"json", "msgpack"}, yWebsockets...) {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			c := newClient(t, fmt.Sprint(version))
			for _, m := range errorCases {
				t.Run(m.name, func(t *testing.T) {
					c.t = t
					m.happens(t, c, version, protocolOf(version))
				})
			}
			c.t = t
		})
	}
}

func (m errorCase) happens(t *testing.T, c *client, version any, proto protocol.Protocol) {
	if m.store == nil {
		m.store = persist.NewMemory()
	}
	if m.token == nil {
		m.token = editor
	}
	h := newLocalServer(t, m.engine, m.tcfg, m.store)
	path := m.path
	if path == "" {
		path = "/records"
	}
	c.do("forget", nil, nil)
	params := args{}
	if token := m.token(h); token != "" {
		params["token"] = token
	}
	c.do("open", args{"url": "ws://" + h.addr + "/realtime" + path, "room": room, "version": version, "params": params}, nil)
	if m.act != nil {
		c.wait(args{"synced": true})
		m.act(&errorClient{c, h, proto})
	}
	m.mustReportError(t, c, proto)
}

func (m errorCase) mustReportError(t *testing.T, c *client, proto protocol.Protocol) {
	t.Helper()
	if m.close != 0 {
		c.wait(args{"closes": 1})
	}
	if proto.Native() && m.code != "" {
		c.wait(args{"failure": m.code})
	}
	if !proto.Native() && m.denied {
		c.wait(args{"problem": m.reason})
	}
	st := c.status()
	if m.close != 0 && (st.Closes[0].Code != m.close || st.Closes[0].Reason != m.reason) {
		t.Errorf("closed with %+v", st.Closes[0])
	}
	if m.close == 0 {
		c.wait(args{"opened": true})
	}
	if proto.Native() && m.close == 4503 && m.code == "" && !slices.Contains(st.Notices, notice{protocol.Info, m.reason}) {
		t.Errorf("noticed %v", st.Notices)
	}
	if got := fmt.Sprint(st.Failures); proto.Native() && m.reason != "" && m.code != "" && !strings.Contains(got, m.reason) {
		t.Errorf("errors sent: %s", got)
	}
	if !proto.Native() && (st.TextFrames > 0 || !m.denied && len(st.Problems) > 0) {
		t.Errorf("%d text frames, complains of %q", st.TextFrames, st.Problems)
	}
	c.do("disconnect", nil, nil)
}
