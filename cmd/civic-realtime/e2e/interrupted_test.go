package e2e

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
)

// A breakOff is a situation of the table of errors in docs/protocol.md that ends a connection, and after which that client,
// or another, may come back.
type breakOff struct {
	name   string
	engine engine.Config
	tcfg   transport.Config
	token  func(*house) string // an editor's
	json   bool                // whether it can happen to JSON clients only

	before func(*interrupted) // what is wrong from the start
	act    func(*interrupted) // what goes wrong once the client has synced
	mend   func(*interrupted) // what has to change before it may come back

	codes [2]int // of the sets standard and civicpress
}

// interrupted is a client to which a break-off happens.
type interrupted struct {
	*visitor
	breakOff
	t         *testing.T
	store     *fickleStore
	away      atomic.Bool // whether tokens cannot be checked
	occupants []*rawConn
}

// fickleStore cannot be read while it is broken.
type fickleStore struct {
	*persist.Memory
	broken atomic.Bool
}

func (s *fickleStore) Load(ctx context.Context, key string) ([]byte, [][]byte, error) {
	if s.broken.Load() {
		return nil, nil, errors.New("bad disk")
	}
	return s.Memory.Load(ctx, key)
}

// checks is an authenticator that is away at times, as CivicPress may be.
type checks struct {
	transport.Authenticator
	away *atomic.Bool
}

func (c checks) Admit(ctx context.Context, token, room string) (transport.Session, error) {
	if c.away.Load() {
		return transport.Session{}, &engine.CloseError{Code: engine.CloseUnavailable, Reason: "try again", ErrorCode: codec.CodeInternal}
	}
	return c.Authenticator.Admit(ctx, token, room)
}

// open starts the server, at the address that it had before if there was one.
func (i *interrupted) open(tcfg transport.Config) {
	i.t.Helper()
	addr := "127.0.0.1:0"
	if i.h != nil {
		addr = i.h.addr
	}
	i.h = newHouseAt(i.t, addr, i.engine, tcfg, i.store, func(a transport.Authenticator) transport.Authenticator { return checks{a, &i.away} })
}

func (i *interrupted) signIn(access transport.Access) {
	i.t.Helper()
	i.do("signIn", args{"token": i.h.token(access, time.Hour)}, nil)
}

func (i *interrupted) bytes(b []byte) {
	i.t.Helper()
	i.do("bytes", args{"hex": hex.EncodeToString(b)}, nil)
}

func signsIn(i *interrupted) { i.signIn(transport.Edit) }

var breakOffs = []breakOff{
	{name: "token missing", token: func(*house) string { return "" }, mend: signsIn, codes: [2]int{4401, 4001}},
	{name: "token expired", token: func(h *house) string { return h.token(transport.Edit, -time.Hour) }, mend: signsIn, codes: [2]int{4401, 4001}},
	{name: "token ends while connected", tcfg: transport.Config{PingInterval: 300 * time.Millisecond},
		token: func(h *house) string { return h.token(transport.Edit, 4*time.Second) }, mend: signsIn, codes: [2]int{4501, 4001}},
	{name: "may not view", token: barred, mend: signsIn, codes: [2]int{4403, 4003}},
	{name: "right taken away", act: func(i *interrupted) { i.fresh(barred(i.h)) }, mend: signsIn, codes: [2]int{4403, 4003}},
	{name: "invalid update", act: func(i *interrupted) { i.update([]byte{1, 1, 1, 0, 200}) }, codes: [2]int{4522, 4522}},
	{name: "types nested too deeply", act: func(i *interrupted) { i.update(nestedUpdate(300)) }, codes: [2]int{4522, 4522}},
	{name: "message far too large", tcfg: transport.Config{FrameBytes: 1000},
		act: func(i *interrupted) { i.update(textUpdate(strings.Repeat("x", 20_000))) }, codes: [2]int{1009, 1009}},
	{name: "too many messages", tcfg: transport.Config{MessagesPerSecond: 20, MessageBurst: 5, YWebsocketMessagesPerSecond: 20, YWebsocketBurst: 5, RatePatience: 500 * time.Millisecond},
		act: func(i *interrupted) {
			for range 60 {
				i.update(textUpdate("x"))
			}
		}, codes: [2]int{4513, 4013}},
	{name: "too many connections", tcfg: transport.Config{Connections: 2},
		before: func(i *interrupted) { i.occupants = append(i.occupants, i.occupies(), i.occupies()) },
		mend:   func(i *interrupted) { i.leave() }, codes: [2]int{4529, 4029}},
	{name: "realtime is off", tcfg: transport.Config{Disabled: true},
		mend: func(i *interrupted) {
			i.h.stopped()
			i.open(transport.Config{})
		}, codes: [2]int{4503, 4503}},
	{name: "restart", act: func(i *interrupted) { i.h.stopped() }, mend: func(i *interrupted) { i.open(transport.Config{}) }, codes: [2]int{4503, 4503}},
	{name: "tokens cannot be checked", before: func(i *interrupted) { i.away.Store(true) },
		mend: func(i *interrupted) { i.away.Store(false) }, codes: [2]int{4503, 4503}},
	{name: "failure of the server", before: func(i *interrupted) { i.store.broken.Store(true) },
		mend: func(i *interrupted) { i.store.broken.Store(false) }, codes: [2]int{4500, 4500}},
	{name: "message that comes too slowly", tcfg: transport.Config{MessageTimeout: 300 * time.Millisecond, MessageBytesPerSecond: 1 << 30},
		act: func(i *interrupted) { i.bytes(frame(i.head(), strings.Repeat("x", 40_000))[:20_000]) }, codes: [2]int{4508, 4508}},
	{name: "nothing received", tcfg: transport.Config{IdleTimeout: 5 * time.Second},
		act: func(i *interrupted) {
			i.do("deafen", nil, nil)
			i.untilClosed(1001)
			i.do("listenAgain", nil, nil)
		}, codes: [2]int{1001, 1001}},
	{name: "malformed frame", act: func(i *interrupted) { i.bytes(badFrames["reserved bit 1"]) }, codes: [2]int{1002, 1002}},
	{name: "text that is not UTF-8", json: true, act: func(i *interrupted) { i.bytes(frame(fin|1, "\xff")) }, codes: [2]int{1007, 1007}},
}

// head is the first byte of the client's frames.
func (i *interrupted) head() byte {
	if i.proto.Text() {
		return fin | 1
	}
	return fin | opBinary
}

// occupies takes the place of a connection.
func (i *interrupted) occupies() *rawConn {
	i.t.Helper()
	return dialRaw(i.t, &server{addr: i.h.addr}, "/realtime/records/elsewhere?token="+editor(i.h))
}

func (i *interrupted) leave() {
	i.t.Helper()
	for _, c := range i.occupants {
		c.Close()
	}
	i.at().untilMetrics("nobody is connected", func(metrics string) bool { return strings.Contains(metrics, "\nrealtime_connections 0\n") })
}

func (i *interrupted) untilClosed(code int) {
	i.t.Helper()
	i.at().untilCounted(fmt.Sprintf(`realtime_connections_closed_total{code="%d"}`, code))
}

func (i *interrupted) at() *server { return &server{t: i.t, addr: i.h.addr} }

// TestNextEditArrives lets everything that ends a connection and may pass happen to each client, at first with the codes of
// the standard set. It comes back by itself, as docs/protocol.md says, unless the code is final for it; then its page signs
// in and connects. What was typed meanwhile, and then, is in the document.
func TestNextEditArrives(t *testing.T) {
	for _, version := range append([]any{"json", "msgpack"}, yWebsockets...) {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			c, reader := newClockedClient(t, fmt.Sprint(version)), newClient(t, "reader")
			for _, b := range breakOffs {
				for set, code := range b.codes {
					if b.json && version != "json" || set > 0 && code == b.codes[0] {
						continue
					}
					t.Run(fmt.Sprint(b.name, ", ", code), func(t *testing.T) {
						b.tcfg.CloseCodes = transport.CloseCodes(set)
						b.happens(t, c, reader, version, code)
					})
				}
			}
			c.t, reader.t = t, t
		})
	}
}

// TestBreakOffs checks that each close code of the table of errors after which one may come back has a breakOff.
func TestBreakOffs(t *testing.T) {
	t.Parallel()
	for _, code := range docCloseCodes(t) {
		mayPass := code < 4000 || code >= 4500
		if mayPass && !slices.ContainsFunc(breakOffs, func(b breakOff) bool { return slices.Contains(b.codes[:], code) }) {
			t.Errorf("nothing happens that ends a connection with %d", code)
		}
	}
}

func (b breakOff) happens(t *testing.T, c, reader *client, version any, code int) {
	c.t, reader.t, c.native = t, t, isNative(version)
	i := &interrupted{visitor: &visitor{client: c, proto: protocolOf(version)}, breakOff: b, t: t, store: &fickleStore{Memory: persist.NewMemory()}}
	i.open(b.tcfg)
	if b.token == nil {
		b.token = editor
	}
	if b.before != nil {
		b.before(i)
	}
	params := args{}
	if token := b.token(i.h); token != "" {
		params["token"] = token
	}
	c.do("open", args{"url": i.url(), "room": room, "version": version, "params": params}, nil)
	if b.act != nil {
		c.wait(args{"synced": true})
		b.act(i)
	}
	c.wait(args{"ended": true})
	if got := c.status().Closes[0].Code; got != code {
		t.Fatalf("closed with %d", got)
	}
	c.writes("<typed meanwhile>")
	if b.mend != nil {
		b.mend(i)
	}
	i.comesBack(final(version, code))
	c.writes("<typed then>")
	c.do("pass", args{"ms": 300}, nil) // for which native clients gather
	i.mustHaveArrived(reader)
	c.do("disconnect", nil, nil)
}

// final says whether a client takes a code for final.
func final(version any, code int) bool {
	switch {
	case isNative(version):
		return code >= 4000 && code < 4500
	case version == 3:
		return code >= 4400 && code < 4500
	}
	return false
}

func protocolOf(version any) codec.Protocol {
	switch version {
	case "json":
		return codec.JSON{}
	case "msgpack":
		return codec.MsgPack{}
	}
	return codec.YWebsocket{}
}

func (i *interrupted) url() string { return "ws://" + i.h.addr + "/realtime/records" }

// comesBack has the client's clock go on until it connects; or its page have it connect, where it would never.
func (i *interrupted) comesBack(final bool) {
	i.t.Helper()
	var after *int
	i.do("comeBack", nil, &after)
	if (after == nil) != final {
		i.t.Fatalf("it comes back by itself: %v", after != nil)
	}
	if final {
		i.do("reconnect", nil, nil)
	}
	i.wait(args{"synced": true})
}

// mustHaveArrived requires that somebody else is shown what the client has.
func (i *interrupted) mustHaveArrived(reader *client) {
	i.t.Helper()
	reader.openWith(&server{addr: i.h.addr}, room, args{"version": 3, "params": args{"token": editor(i.h)}})
	reader.shows("<typed meanwhile>", "<typed then>")
	reader.do("disconnect", nil, nil)
}
