package e2e

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// An interruption is a situation of the table of errors in docs/protocol.md that ends a connection,
// and after which that client, or another, may come back.
type interruption struct {
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
	interruption
	t         *testing.T
	store     *failingStore
	away      atomic.Bool // whether tokens cannot be checked
	occupants []*rawConn
}

// failingStore cannot be read while it is broken, and while it stands still.
type failingStore struct {
	*persist.Memory
	broken, still atomic.Bool
	goesOn        chan struct{} // closed when it does not stand still any more
}

func (s *failingStore) Load(ctx context.Context, key string) ([]byte, [][]byte, error) {
	if s.broken.Load() {
		return nil, nil, errors.New("bad disk")
	}
	if s.still.Load() {
		select {
		case <-s.goesOn:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	return s.Memory.Load(ctx, key)
}

// checks is an authenticator that is away at times, as CivicPress may be.
type checks struct {
	auth.Authenticator
	away *atomic.Bool
}

func (c checks) Admit(ctx context.Context, token string, room roomkey.Key) (auth.Session, error) {
	if c.away.Load() {
		return auth.Session{}, &engine.CloseError{Code: engine.CloseUnavailable, Reason: "try again", ErrorCode: protocol.CodeInternal}
	}
	return c.Authenticator.Admit(ctx, token, room)
}

// open starts the server, at the address that it had before if there was one.
func (i *interrupted) open(tcfg transport.Config) {
	i.t.Helper()
	var addr string
	if i.h != nil {
		addr = i.h.addr
	} else {
		addr = freeAddr(i.t)
	}
	i.h = newHouseAt(i.t, addr, i.engine, tcfg, i.store, func(a auth.Authenticator) auth.Authenticator { return checks{a, &i.away} })
}

func (i *interrupted) signIn(access auth.Access) {
	i.t.Helper()
	i.do("signIn", args{"token": i.h.token(access, time.Hour)}, nil)
}

func (i *interrupted) bytes(b []byte) {
	i.t.Helper()
	i.do("bytes", args{"hex": hex.EncodeToString(b)}, nil)
}

func signsIn(i *interrupted) { i.signIn(auth.Edit) }

var interruptions = []interruption{
	{name: "token missing", token: func(*house) string { return "" }, mend: signsIn, codes: [2]int{4401, 4001}},
	{name: "token expired", token: func(h *house) string { return h.token(auth.Edit, -time.Hour) }, mend: signsIn, codes: [2]int{4401, 4001}},
	{name: "token ends while connected", tcfg: transport.Config{PingInterval: 300 * time.Millisecond},
		act: func(i *interrupted) { i.fresh(i.h.token(auth.Edit, 3*time.Second)) }, mend: signsIn, codes: [2]int{4501, 4001}},
	{name: "may not view", token: barred, mend: signsIn, codes: [2]int{4403, 4003}},
	{name: "right taken away", act: func(i *interrupted) { i.fresh(barred(i.h)) }, mend: signsIn, codes: [2]int{4403, 4003}},
	{name: "invalid update", act: func(i *interrupted) { i.update([]byte{1, 1, 1, 0, 200}) }, codes: [2]int{4522, 4522}},
	{name: "types nested too deeply", act: func(i *interrupted) { i.update(nestedUpdate(300)) }, codes: [2]int{4522, 4522}},
	{name: "message far too large", tcfg: transport.Config{FrameBytes: 1000},
		act: func(i *interrupted) { i.update(textUpdate(strings.Repeat("x", 20_000))) }, codes: [2]int{1009, 1009}},
	{name: "too many messages", tcfg: lowRate,
		act: func(i *interrupted) { i.updates(textUpdate("x"), 60) }, codes: [2]int{4513, 4013}},
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
	{name: "room is not ready in time", tcfg: transport.Config{JoinTimeout: 2 * time.Second},
		before: func(i *interrupted) { i.store.still.Store(true) },
		mend:   func(i *interrupted) { close(i.store.goesOn) }, codes: [2]int{4503, 4503}},
	{name: "too many long messages at once", tcfg: transport.Config{UnfinishedBytes: 1, MessageBytesPerSecond: 1, IdleTimeout: 4 * time.Second, PingInterval: 200 * time.Millisecond, PingAfter: 200 * time.Millisecond},
		act: func(i *interrupted) {
			i.occupants = append(i.occupants, i.sendsForLong())
			i.bytes(frame(i.head(), strings.Repeat("x", longMessage)))
		},
		mend: func(i *interrupted) { i.leave() }, codes: [2]int{4503, 4503}},
	{name: "message that comes too slowly", tcfg: transport.Config{MessageTimeout: 300 * time.Millisecond, MessageBytesPerSecond: 1 << 30},
		act: func(i *interrupted) { i.bytes(frame(i.head(), strings.Repeat("x", 40_000))[:20_000]) }, codes: [2]int{4508, 4508}},
	{name: "nothing received", tcfg: transport.Config{IdleTimeout: 5 * time.Second},
		act: func(i *interrupted) {
			i.do("pause", nil, nil)
			i.untilClosed(1001)
			i.do("resume", nil, nil)
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

// occupies takes the place of a connection, which it has when it is in a room: it is given after
// the handshake.
func (i *interrupted) occupies() *rawConn {
	i.t.Helper()
	c := dialRawWith(i.t, &net.Dialer{}, i.at(), "/realtime/records/elsewhere?token="+editor(i.h), "Sec-WebSocket-Protocol: y-websocket\r\n")
	c.mustReceive(i.t, opBinary)
	return c
}

// longMessage is how long one is for which memory is reserved.
const longMessage = 40_000

// sendsForLong sends a long message, a byte of it for each frame that comes, so that it is never
// silent and never done.
func (i *interrupted) sendsForLong() *rawConn {
	i.t.Helper()
	c := i.occupies()
	c.Write(frame(fin|opBinary, strings.Repeat("x", longMessage))[:longMessage/2])
	i.at().untilMetrics("memory is reserved for it", func(metrics string) bool {
		return !strings.Contains(metrics, "\nrealtime_unfinished_messages_bytes 0\n")
	})
	go func() {
		for {
			if _, _, err := c.readFrame(); err != nil {
				return
			}
			c.Write([]byte("x"))
		}
	}()
	return c
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
