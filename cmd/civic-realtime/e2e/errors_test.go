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

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
)

// house is a server within the test, so that it can be had with any configuration, and governed.
type house struct {
	t      *testing.T
	engine *engine.Engine
	keys   transport.JWTConfig
	addr   string
	log    *output

	stop    context.CancelFunc
	stopped func() // stops it, and returns when it has
}

var houseSecret = []byte("thirty-two bytes of the greatest secrecy")

func newHouse(t *testing.T, ec engine.Config, tc transport.Config, store engine.Store) *house {
	t.Helper()
	return newHouseAt(t, "127.0.0.1:0", ec, tc, store, func(checks transport.Authenticator) transport.Authenticator { return checks })
}

// newHouseAt has the server listen at an address, and check tokens with what wrap makes of its authenticator.
func newHouseAt(t *testing.T, addr string, ec engine.Config, tc transport.Config, store engine.Store, wrap func(transport.Authenticator) transport.Authenticator) *house {
	t.Helper()
	said := watch("")
	log := slog.New(slog.NewTextHandler(said, nil))
	h := &house{t: t, log: said, engine: engine.New(ec, store, log), keys: transport.JWTConfig{Keys: []transport.Key{transport.SecretKey(houseSecret)}, Leeway: 1}}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	h.addr = l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- transport.New(tc, h.engine, wrap(transport.NewJWT(h.keys)), log).Serve(ctx, l) }()
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

// locks returns when the room is locked, which it is a moment later if something else holds it.
func (h *house) locks() {
	h.t.Helper()
	const line = "record is locked"
	if h.engine.Lock("record:"+room, true); !h.log.until(func(log string) bool { return strings.Contains(log, line) }) {
		h.t.Fatalf("the log does not say %q", line)
	}
}

func (h *house) token(access transport.Access, ttl time.Duration, roles ...string) string {
	h.t.Helper()
	s := transport.Session{Identity: engine.Identity{ID: "u1", Name: "Ann"}, Roles: roles}
	if access != transport.Edit {
		s.Grants = transport.Grants{}
	}
	if access == transport.View {
		s.Grants[transport.AnyRecord] = access
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
	proto codec.Protocol
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

// lowRate closes a connection that sends dozens of messages at once. A pause in which a tenth of the burst comes back, which
// makes a server forgive what was before, is a second: a machine that is busy makes shorter ones.
var lowRate = transport.Config{MessagesPerSecond: 2, MessageBurst: 20, YWebsocketMessagesPerSecond: 2, YWebsocketBurst: 20, RatePatience: 500 * time.Millisecond}

func (v *visitor) update(body []byte) { v.updates(body, 1) }

func (v *visitor) updates(body []byte, times int) {
	v.t.Helper()
	v.raw(v.proto.Append(nil, codec.Message{Kind: codec.Update, Body: body}), times)
}

// textUpdate is an update that types text as a client of its own.
func textUpdate(text string) []byte {
	b := codec.AppendString([]byte{1, 1, 77, 0, codec.RefString, 1}, "text")
	return append(codec.AppendString(b, text), 0)
}

// nestedUpdate is an update with so many lists, each in the one before.
func nestedUpdate(depth uint64) []byte {
	b := codec.AppendUvarint([]byte{1}, depth)
	b = append(codec.AppendString(append(b, 77, 0, codec.RefType, 1), "list"), codec.TypeArray)
	for clock := range depth - 1 {
		b = append(codec.AppendUvarint(append(b, codec.RefType, 0, 77), clock), codec.TypeArray)
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

func editor(h *house) string { return h.token(transport.Edit, time.Hour) }
func viewer(h *house) string { return h.token(transport.View, time.Hour) }
func barred(h *house) string { return h.token("", time.Hour) }

var mishaps = []mishap{
	{name: "token missing", token: func(*house) string { return "" }, code: codec.CodeAuthFailed, close: 4401, denied: true, reason: "token missing"},
	{name: "token invalid", token: func(*house) string { return "x.y.z" }, code: codec.CodeAuthFailed, close: 4401, denied: true, reason: "token malformed"},
	{name: "token expired", token: func(h *house) string { return h.token(transport.Edit, -time.Hour) }, code: codec.CodeAuthFailed, close: 4401, denied: true, reason: "token expired"},
	{name: "token expires", tcfg: transport.Config{PingInterval: 300 * time.Millisecond}, token: func(h *house) string { return h.token(transport.Edit, 4*time.Second) },
		code: codec.CodeAuthFailed, close: 4501, denied: true, reason: "session expired"},
	{name: "right taken away", act: func(v *visitor) { v.fresh(barred(v.h)) }, code: codec.CodePermissionDenied, close: 4403, denied: true, reason: "no access to this record"},
	{name: "bad fresh token", act: func(v *visitor) { v.fresh("x.y.z") }, code: codec.CodeAuthFailed, denied: true, reason: "token malformed"},
	{name: "may not view", token: barred, code: codec.CodePermissionDenied, close: 4403, denied: true, reason: "no access to this record"},
	{name: "may not edit, by policy", tcfg: transport.Config{NoViewers: true}, token: viewer, code: codec.CodePermissionDenied, close: 4403, denied: true, reason: "no permission to edit this record"},
	{name: "role excluded", tcfg: transport.Config{Roles: []string{"clerk"}}, code: codec.CodePermissionDenied, close: 4403, denied: true, reason: "no role that may take part"},
	{name: "no such kind of room", path: "/dances", code: codec.CodeRoomNotFound, close: 4404, reason: "no such kind of room"},
	{name: "malformed message", act: func(v *visitor) { v.malformed(1) }, code: codec.CodeInvalidMessage},
	{name: "malformed messages beyond the rate", tcfg: lowRate,
		act: func(v *visitor) { v.malformed(10) }, code: codec.CodeRateLimit, close: 4513, reason: "rate limit exceeded"},
	{name: "invalid update", act: func(v *visitor) { v.update([]byte{1, 1, 1, 0, 200}) },
		code: codec.CodeInvalidUpdate, close: 4522, denied: true, reason: "unexpected end of input at offset 5"},
	{name: "types nested too deeply", act: func(v *visitor) { v.update(nestedUpdate(300)) },
		code: codec.CodeInvalidUpdate, close: 4522, denied: true, reason: "types nested too deeply"},
	{name: "viewer writes", token: viewer, act: func(v *visitor) { v.update(textUpdate("x")) }, code: codec.CodePermissionDenied, denied: true, reason: "read-only"},
	{name: "room is locked", act: func(v *visitor) {
		v.h.locks()
		v.update(textUpdate("x"))
	}, code: codec.CodeRoomLocked, denied: true, reason: "record is locked"},
	{name: "document too large", engine: engine.Config{DocumentBytes: 1000}, act: func(v *visitor) { v.update(textUpdate(strings.Repeat("x", 1000))) },
		code: codec.CodeDocumentTooLarge, denied: true, reason: "document too large"},
	{name: "frame too large", tcfg: transport.Config{FrameBytes: 1000}, act: func(v *visitor) { v.update(textUpdate(strings.Repeat("x", 1000))) },
		code: codec.CodeMessageTooLarge, denied: true, reason: "message too large"},
	{name: "frame far too large", tcfg: transport.Config{FrameBytes: 100}, act: func(v *visitor) { v.update(textUpdate(strings.Repeat("x", 5000))) },
		code: codec.CodeMessageTooLarge, close: 1009, denied: true, reason: "message too large"},
	{name: "too many messages", tcfg: lowRate,
		act: func(v *visitor) { v.updates(textUpdate("x"), 60) }, code: codec.CodeRateLimit, close: 4513, reason: "rate limit exceeded"},
	{name: "too many connections", tcfg: transport.Config{Connections: -1}, code: codec.CodeConnectionLimit, close: 4529, reason: "too many connections to this server"},
	{name: "too many records", engine: engine.Config{Rooms: -1}, code: codec.CodeConnectionLimit, close: 4529, reason: "too many records are open"},
	{name: "realtime is off", tcfg: transport.Config{Disabled: true}, code: codec.CodeDisabled, close: 4503, reason: "realtime is disabled"},
	{name: "kicked", act: func(v *visitor) { v.h.engine.Kick("record:"+room, "u1") }, code: codec.CodeKicked, close: 4403, denied: true, reason: "removed from this record"},
	{name: "failure of ours", store: brokenStore{persist.NewMemory()}, code: codec.CodeInternal, close: 4500, reason: "room cannot be loaded"},
	{name: "restart", act: func(v *visitor) { v.h.stop() }, close: 4503, reason: "restarting"},
}

// TestErrors goes through all that can go wrong, with a real client of each protocol, and each version of y-websocket.
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

func (m mishap) happens(t *testing.T, c *client, version any, proto codec.Protocol) {
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

func (m mishap) mustBeTold(t *testing.T, c *client, proto codec.Protocol) {
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
	if proto.Native() && m.close == 4503 && m.code == "" && !slices.Contains(st.Notices, notice{codec.Info, m.reason}) {
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
