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

// interruption is a case in the table of errors in docs/protocol.md that ends a connection, and
// after which that client, or another one, may come back.
type interruption struct {
	name   string
	engine engine.Config
	tcfg   transport.Config
	token  func(*localServer) string // default: an editor's
	json   bool                      // it can happen to JSON clients only

	before func(*interrupted) // makes the fault before the client connects; or nil
	act    func(*interrupted) // makes the fault when the client has synced; or nil
	repair func(*interrupted) // ends the fault; or nil

	codes [2]int // in the sets standard and civicpress
}

// interrupted is a client that suffers an interruption.
type interrupted struct {
	*errorClient
	interruption
	t         *testing.T
	store     *failingStore
	away      atomic.Bool // tokens cannot be checked
	occupants []*rawConn
}

// failingStore fails to load while it is broken, and blocks while it is still.
type failingStore struct {
	*persist.Memory
	broken, still atomic.Bool
	resumed       chan struct{} // closed when it is not still any more
}

func (s *failingStore) Load(ctx context.Context, key string) ([]byte, [][]byte, error) {
	if s.broken.Load() {
		return nil, nil, errors.New("bad disk")
	}
	if s.still.Load() {
		select {
		case <-s.resumed:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	return s.Memory.Load(ctx, key)
}

// outageAuth is an Authenticator that is unavailable at times, as CivicPress may be.
type outageAuth struct {
	auth.Authenticator
	away *atomic.Bool
}

func (c outageAuth) Admit(ctx context.Context, token string, room roomkey.Key) (auth.Session, error) {
	if c.away.Load() {
		return auth.Session{}, &engine.CloseError{Code: engine.CloseUnavailable, Reason: "try again", ErrorCode: protocol.CodeInternal}
	}
	return c.Authenticator.Admit(ctx, token, room)
}

// open starts the server, at its former address if there was one.
func (i *interrupted) open(tcfg transport.Config) {
	i.t.Helper()
	var addr string
	if i.h != nil {
		addr = i.h.addr
	} else {
		addr = freeAddr(i.t)
	}
	i.h = newLocalServerAt(i.t, addr, i.engine, tcfg, i.store, func(a auth.Authenticator) auth.Authenticator { return outageAuth{a, &i.away} })
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
	{name: "token missing", token: func(*localServer) string { return "" }, repair: signsIn, codes: [2]int{4401, 4001}},
	{name: "token expired", token: func(h *localServer) string { return h.token(auth.Edit, -time.Hour) }, repair: signsIn, codes: [2]int{4401, 4001}},
	{name: "token ends while connected", tcfg: transport.Config{PingInterval: 300 * time.Millisecond},
		act: func(i *interrupted) { i.fresh(i.h.token(auth.Edit, 3*time.Second)) }, repair: signsIn, codes: [2]int{4501, 4001}},
	{name: "may not view", token: barred, repair: signsIn, codes: [2]int{4403, 4003}},
	{name: "right taken away", act: func(i *interrupted) { i.fresh(barred(i.h)) }, repair: signsIn, codes: [2]int{4403, 4003}},
	{name: "invalid update", act: func(i *interrupted) { i.update([]byte{1, 1, 1, 0, 200}) }, codes: [2]int{4522, 4522}},
	{name: "types nested too deeply", act: func(i *interrupted) { i.update(nestedUpdate(300)) }, codes: [2]int{4522, 4522}},
	{name: "message far too large", tcfg: transport.Config{FrameBytes: 1000},
		act: func(i *interrupted) { i.update(textUpdate(strings.Repeat("x", 20_000))) }, codes: [2]int{1009, 1009}},
	{name: "too many messages", tcfg: lowRate,
		act: func(i *interrupted) { i.updates(textUpdate("x"), 60) }, codes: [2]int{4513, 4013}},
	{name: "too many connections", tcfg: transport.Config{Connections: 2},
		before: func(i *interrupted) { i.occupants = append(i.occupants, i.occupySlot(), i.occupySlot()) },
		repair: func(i *interrupted) { i.leave() }, codes: [2]int{4529, 4029}},
	{name: "realtime is off", tcfg: transport.Config{Disabled: true},
		repair: func(i *interrupted) {
			i.h.stopped()
			i.open(transport.Config{})
		}, codes: [2]int{4503, 4503}},
	{name: "restart", act: func(i *interrupted) { i.h.stopped() }, repair: func(i *interrupted) { i.open(transport.Config{}) }, codes: [2]int{4503, 4503}},
	{name: "tokens cannot be checked", before: func(i *interrupted) { i.away.Store(true) },
		repair: func(i *interrupted) { i.away.Store(false) }, codes: [2]int{4503, 4503}},
	{name: "failure of the server", before: func(i *interrupted) { i.store.broken.Store(true) },
		repair: func(i *interrupted) { i.store.broken.Store(false) }, codes: [2]int{4500, 4500}},
	{name: "room is not ready in time", tcfg: transport.Config{JoinTimeout: 2 * time.Second},
		before: func(i *interrupted) { i.store.still.Store(true) },
		repair: func(i *interrupted) { close(i.store.resumed) }, codes: [2]int{4503, 4503}},
	{name: "too many long messages at once", tcfg: transport.Config{UnfinishedBytes: 1, MessageBytesPerSecond: 1, IdleTimeout: 4 * time.Second, PingInterval: 200 * time.Millisecond, PingAfter: 200 * time.Millisecond},
		act: func(i *interrupted) {
			i.occupants = append(i.occupants, i.sendSlowly())
			i.bytes(frame(i.head(), strings.Repeat("x", longMessage)))
		},
		repair: func(i *interrupted) { i.leave() }, codes: [2]int{4503, 4503}},
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

// head returns the first byte of the client's frames.
func (i *interrupted) head() byte {
	if i.proto.Text() {
		return fin | 1
	}
	return fin | opBinary
}

// occupySlot makes a connection that takes a slot, and waits until it is in a room, as the slot is
// taken after the handshake.
func (i *interrupted) occupySlot() *rawConn {
	i.t.Helper()
	c := dialRawWith(i.t, &net.Dialer{}, i.at(), "/realtime/records/elsewhere?token="+editor(i.h), "Sec-WebSocket-Protocol: y-websocket\r\n")
	c.mustReceive(i.t, opBinary)
	return c
}

// longMessage is the length of a message for which memory is reserved.
const longMessage = 40_000

// sendSlowly sends a long message, one byte of it for each frame that it receives, so that it is
// never silent and never complete.
func (i *interrupted) sendSlowly() *rawConn {
	i.t.Helper()
	c := i.occupySlot()
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
