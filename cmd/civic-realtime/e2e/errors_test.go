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

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// house is a server within the test, so that it can be had with any configuration, and governed.
type house struct {
	t      *testing.T
	engine *engine.Engine
	keys   auth.JWTConfig
	addr   string
	log    *output

	stop    context.CancelFunc
	stopped func() // stops it, and returns when it has
}

var houseSecret = []byte("thirty-two bytes of the greatest secrecy")

func newHouse(t *testing.T, ec engine.Config, tc transport.Config, store engine.Store) *house {
	t.Helper()
	return newHouseAt(t, freeAddr(t), ec, tc, store, func(checks auth.Authenticator) auth.Authenticator { return checks })
}

// newHouseAt has the server listen at an address, and check tokens with what wrap makes of its
// authenticator.
func newHouseAt(t *testing.T, addr string, ec engine.Config, tc transport.Config, store engine.Store, wrap func(auth.Authenticator) auth.Authenticator) *house {
	t.Helper()
	said := watch("")
	log := slog.New(slog.NewTextHandler(said, nil))
	h := &house{t: t, log: said, engine: engine.New(ec, store, log), keys: auth.JWTConfig{Keys: []auth.Key{auth.SecretKey(houseSecret)}, Leeway: 1}}
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

// lockRoom returns when the room is locked, which it is a moment later if its lock is held just
// then.
func (h *house) lockRoom() {
	h.t.Helper()
	const line = "record is locked"
	h.engine.Lock(roomkey.MustParse("record:"+room), true)
	if !h.log.until(func(log string) bool { return strings.Contains(log, line) }) {
		h.t.Fatalf("the log does not have %q", line)
	}
}

func (h *house) token(access auth.Access, ttl time.Duration, roles ...string) string {
	h.t.Helper()
	s := auth.Session{Identity: engine.Identity{ID: "u1", Name: "Ann"}, Roles: roles}
	if access != auth.Edit {
		s.Grants = auth.Grants{}
	}
	if access == auth.View {
		s.Grants[auth.AnyRecord] = access
	}
	token, err := h.keys.Sign(houseSecret, s, ttl)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// visitor is a real client of a protocol, about to go wrong.
type visitor struct {
	*client
	h     *house
	proto protocol.Protocol
}

// raw sends a frame so many times, all at once.
func (v *visitor) raw(frame []byte, times int) {
	v.t.Helper()
	if v.proto.Text() {
		v.do("raw", args{"text": string(frame), "times": times}, nil)
		return
	}
	v.do("raw", args{"hex": hex.EncodeToString(frame), "times": times}, nil)
}

// lowRate closes a connection that sends dozens of messages at once. A pause in which a tenth of
// the burst comes back, which makes a server forgive what was before, is a second: a machine that
// is busy makes shorter ones.
var lowRate = transport.Config{MessagesPerSecond: 2, MessageBurst: 20, YWebsocketMessagesPerSecond: 2, YWebsocketBurst: 20, RatePatience: 500 * time.Millisecond}

func (v *visitor) update(body []byte) { v.updates(body, 1) }

func (v *visitor) updates(body []byte, times int) {
	v.t.Helper()
	v.raw(v.proto.Append(nil, protocol.Message{Kind: protocol.Update, Body: body}), times)
}

// textUpdate is an update that types text as a client of its own.
func textUpdate(text string) []byte {
	b := lib0.AppendString([]byte{1, 1, 77, 0, yjs.RefString, 1}, "text")
	return append(lib0.AppendString(b, text), 0)
}

// nestedUpdate is an update with so many lists, each in the one before.
func nestedUpdate(depth uint64) []byte {
	b := lib0.AppendUvarint([]byte{1}, depth)
	b = append(lib0.AppendString(append(b, 77, 0, yjs.RefType, 1), "list"), yjs.TypeArray)
	for clock := range depth - 1 {
		b = append(lib0.AppendUvarint(append(b, yjs.RefType, 0, 77), clock), yjs.TypeArray)
	}
	return append(b, 0)
}

func (v *visitor) malformed(times int) {
	v.t.Helper()
	frame := []byte{0, 2, 200}
	if v.proto.Text() {
		frame = []byte{'['}
	}
	v.raw(frame, times)
}

func (v *visitor) fresh(token string) {
	v.t.Helper()
	v.do("renew", args{"token": token}, nil)
}

// brokenStore cannot be read.
type brokenStore struct{ *persist.Memory }

func (brokenStore) Load(context.Context, string) ([]byte, [][]byte, error) {
	return nil, nil, errors.New("bad disk")
}

// mishap is a row of the table of errors in docs/protocol.md.
type mishap struct {
	name   string
	engine engine.Config
	tcfg   transport.Config
	store  engine.Store // in memory
	token  func(*house) string
	path   string // beside /realtime
	act    func(*visitor)

	code   string // of the error, for native clients
	close  int    // 0: the connection stays
	denied bool   // y-websocket clients are told
	reason string
}

const room = "by-law"

func editor(h *house) string { return h.token(auth.Edit, time.Hour) }
func viewer(h *house) string { return h.token(auth.View, time.Hour) }
func barred(h *house) string { return h.token("", time.Hour) }

var mishaps = []mishap{
	{name: "token missing", token: func(*house) string { return "" }, code: protocol.CodeAuthFailed, close: 4401, denied: true, reason: "token missing"},
	{name: "token invalid", token: func(*house) string { return "x.y.z" }, code: protocol.CodeAuthFailed, close: 4401, denied: true, reason: "token malformed"},
	{name: "token expired", token: func(h *house) string { return h.token(auth.Edit, -time.Hour) }, code: protocol.CodeAuthFailed, close: 4401, denied: true, reason: "token expired"},
	{name: "token expires", tcfg: transport.Config{PingInterval: 300 * time.Millisecond}, token: func(h *house) string { return h.token(auth.Edit, 4*time.Second) },
		code: protocol.CodeAuthFailed, close: 4501, denied: true, reason: "session expired"},
	{name: "right taken away", act: func(v *visitor) { v.fresh(barred(v.h)) }, code: protocol.CodePermissionDenied, close: 4403, denied: true, reason: "no access to this record"},
	{name: "bad fresh token", act: func(v *visitor) { v.fresh("x.y.z") }, code: protocol.CodeAuthFailed, denied: true, reason: "token malformed"},
	{name: "may not view", token: barred, code: protocol.CodePermissionDenied, close: 4403, denied: true, reason: "no access to this record"},
	{name: "may not edit, by policy", tcfg: transport.Config{NoViewers: true}, token: viewer, code: protocol.CodePermissionDenied, close: 4403, denied: true, reason: "no permission to edit this record"},
	{name: "role excluded", tcfg: transport.Config{Roles: []string{"clerk"}}, code: protocol.CodePermissionDenied, close: 4403, denied: true, reason: "no role that may take part"},
	{name: "no such kind of room", path: "/dances", code: protocol.CodeRoomNotFound, close: 4404, reason: "no such kind of room"},
	{name: "malformed message", act: func(v *visitor) { v.malformed(1) }, code: protocol.CodeInvalidMessage},
	{name: "malformed messages beyond the rate", tcfg: lowRate,
		act: func(v *visitor) { v.malformed(10) }, code: protocol.CodeRateLimit, close: 4513, reason: "rate limit exceeded"},
	{name: "invalid update", act: func(v *visitor) { v.update([]byte{1, 1, 1, 0, 200}) },
		code: protocol.CodeInvalidUpdate, close: 4522, denied: true, reason: "unexpected end of input at offset 5"},
	{name: "types nested too deeply", act: func(v *visitor) { v.update(nestedUpdate(300)) },
		code: protocol.CodeInvalidUpdate, close: 4522, denied: true, reason: "types nested too deeply"},
	{name: "viewer writes", token: viewer, act: func(v *visitor) { v.update(textUpdate("x")) }, code: protocol.CodePermissionDenied, denied: true, reason: "read-only"},
	{name: "room is locked", act: func(v *visitor) {
		v.h.lockRoom()
		v.update(textUpdate("x"))
	}, code: protocol.CodeRoomLocked, denied: true, reason: "record is locked"},
	{name: "document too large", engine: engine.Config{DocumentBytes: 1000}, act: func(v *visitor) { v.update(textUpdate(strings.Repeat("x", 1000))) },
		code: protocol.CodeDocumentTooLarge, denied: true, reason: "document too large"},
	{name: "frame too large", tcfg: transport.Config{FrameBytes: 1000}, act: func(v *visitor) { v.update(textUpdate(strings.Repeat("x", 1000))) },
		code: protocol.CodeMessageTooLarge, denied: true, reason: "message too large"},
	{name: "frame far too large", tcfg: transport.Config{FrameBytes: 100}, act: func(v *visitor) { v.update(textUpdate(strings.Repeat("x", 5000))) },
		code: protocol.CodeMessageTooLarge, close: 1009, denied: true, reason: "message too large"},
	{name: "too many messages", tcfg: lowRate,
		act: func(v *visitor) { v.updates(textUpdate("x"), 60) }, code: protocol.CodeRateLimit, close: 4513, reason: "rate limit exceeded"},
	{name: "too many connections", tcfg: transport.Config{Connections: -1}, code: protocol.CodeConnectionLimit, close: 4529, reason: "too many connections to this server"},
	{name: "too many records", engine: engine.Config{Rooms: -1}, code: protocol.CodeConnectionLimit, close: 4529, reason: "too many records are open"},
	{name: "realtime is off", tcfg: transport.Config{Disabled: true}, code: protocol.CodeDisabled, close: 4503, reason: "realtime is disabled"},
	{name: "kicked", act: func(v *visitor) { v.h.engine.Kick(roomkey.MustParse("record:"+room), "u1") }, code: protocol.CodeKicked, close: 4403, denied: true, reason: "removed from this record"},
	{name: "failure of ours", store: brokenStore{persist.NewMemory()}, code: protocol.CodeInternal, close: 4500, reason: "room cannot be loaded"},
	{name: "restart", act: func(v *visitor) { v.h.stop() }, close: 4503, reason: "restarting"},
}

// TestErrors goes through all that can go wrong, with a real client of each protocol, and each
// version of y-websocket.
func TestErrors(t *testing.T) {
	for _, version := range append([]any{"json", "msgpack"}, yWebsockets...) {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			c := newClient(t, fmt.Sprint(version))
			for _, m := range mishaps {
				t.Run(m.name, func(t *testing.T) {
					c.t = t
					m.happens(t, c, version, protocolOf(version))
				})
			}
			c.t = t
		})
	}
}

func (m mishap) happens(t *testing.T, c *client, version any, proto protocol.Protocol) {
	if m.store == nil {
		m.store = persist.NewMemory()
	}
	if m.token == nil {
		m.token = editor
	}
	h := newHouse(t, m.engine, m.tcfg, m.store)
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
		m.act(&visitor{c, h, proto})
	}
	m.mustBeTold(t, c, proto)
}

func (m mishap) mustBeTold(t *testing.T, c *client, proto protocol.Protocol) {
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
		t.Errorf("told of %s", got)
	}
	if !proto.Native() && (st.TextFrames > 0 || !m.denied && len(st.Problems) > 0) {
		t.Errorf("%d text frames, complains of %q", st.TextFrames, st.Problems)
	}
	c.do("disconnect", nil, nil)
}
