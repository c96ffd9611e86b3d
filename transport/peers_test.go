package transport

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/handon"
)

// node is one of several servers.
type node struct {
	*world
	peer   string // address of its peer listener
	shared *owners
	cut    context.CancelFunc // ends ServePeers
	ended  chan struct{}      // ServePeers has returned
}

// owners says which node has a room.
type owners struct {
	mu          sync.Mutex
	of          map[string]string // address of the peer listener by room
	err         error
	unreachable map[string]int // by address
	asked       int
}

func (o *owners) set(room, peer string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.of[room] = peer
}

// at returns the address of the node that has a room.
func (o *owners) at(room string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of[room]
}

// timesAsked returns how often was asked for the owner of a room.
func (o *owners) timesAsked() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked
}

func (o *owners) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = err
}

// view is what a node sees of the owners.
type view struct {
	*owners
	self string
}

func (v view) Owner(_ context.Context, room string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	if at := v.of[room]; at != v.self {
		return at, v.err
	}
	return "", v.err
}

func (v view) Unreachable(_, peer string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unreachable[peer]++
}

const nodesSecret = "the secret of all nodes, which nobody else knows"

// newNodes starts servers that know each other.
func newNodes(t *testing.T, n int, options ...option) (all []*node) {
	t.Helper()
	shared := &owners{of: map[string]string{}, unreachable: map[string]int{}}
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		peer := l.Addr().String()
		as := func(s *setup) {
			s.cfg.Owners, s.cfg.HoldTimeout = view{shared, peer}, cmp.Or(s.cfg.HoldTimeout, time.Hour)
			s.cfg.Peers.Node, s.cfg.Peers.Secret = "node at "+peer, nodesSecret
		}
		node := &node{
			world: newWorld(t, append(options[:len(options):len(options)], as)...),
			peer:  peer, shared: shared, ended: make(chan struct{}),
		}
		var ctx context.Context
		ctx, node.cut = context.WithCancel(context.Background())
		go func() {
			defer close(node.ended)
			if err := node.ServePeers(ctx, l); err != nil {
				t.Errorf("ServePeers: %v", err)
			}
		}()
		t.Cleanup(func() { node.cut(); <-node.ended })
		all = append(all, node)
	}
	return all
}

const sharedRoom = "record:a"

// TestHandOn shows that a client of a room of another node is served by that node as if it had come
// there: its request with subprotocol, token and first message, and then all messages both ways.
func TestHandOn(t *testing.T) {
	peers := func(s *setup) {
		server, client := testTLS()
		s.cfg.Peers = handon.Config{ListenTLS: server, DialTLS: &tls.Config{RootCAs: client.RootCAs}}
	}
	for name, options := range map[string][]option{
		"plain": nil, "clients over TLS": {overTLS}, "peers over TLS": {peers}, "both": {overTLS, peers},
	} {
		t.Run(name, func(t *testing.T) {
			token := signToken(t, setClaim("records", []any{recordEntry("a", "edit")}))
			all := newNodes(t, 2, append(options, withAuth(testJWT))...)
			here, there := all[0], all[1]
			here.shared.set(sharedRoom, there.peer)
			subprotocol := protocolHeader + ": y-websocket, auth." + token
			direct := dial(t, there.world, "/realtime/records/a", subprotocol)
			direct.receive(protocol.SyncRequest)
			c := connect(t, here.world)
			early := masked(gws.OpcodeBinary, typed(1, 10))
			c.handshake("/realtime/records/a", string(early), subprotocol)
			if got := c.answer.Header.Get(protocolHeader); got != "y-websocket" {
				t.Errorf("the answer names %q", got)
			}
			c.receive(protocol.SyncRequest)
			direct.receive(protocol.Update)
			direct.send(gws.OpcodeBinary, typed(2, 200_000))
			c.receiveUpdates(200_000)
			c.send(gws.OpcodeBinary, typed(3, 300_000))
			direct.receiveUpdates(300_000)
			here.mustBeHandedOn(there)
			here.mustNotLog(token)
			there.mustNotLog(token)
			c.conn.Close()
			here.until("the relay has ended", func() bool { return here.relays.size() == 0 })
			toNode, toClient := here.relays.passed()
			if toNode < 300_000 || toClient < 200_000 {
				t.Errorf("%d and %d bytes are counted", toNode, toClient)
			}
		})
	}
}

// mustBeHandedOn checks what operators see of the only connection that was handed on to a node.
func (n *node) mustBeHandedOn(to *node) {
	n.t.Helper()
	n.mustCount("realtime_connections_handed_on_total", 1)
	to.mustCount("realtime_connections_from_nodes_total", 1)
	passing, _ := n.Connections(ConnectionQuery{})
	if len(passing) != 1 || passing[0].To != to.peer || passing[0].State != ConnectionRelayed ||
		passing[0].Room.String() != sharedRoom || passing[0].ReceivedBytes == 0 {
		n.t.Errorf("%+v", passing)
	}
	served, _ := to.Connections(ConnectionQuery{})
	if len(served) != 2 || served[1].From != "node at "+n.peer || served[0].From != "" ||
		served[1].Client != netip.MustParseAddr("127.0.0.1") || served[1].Proxy.IsValid() {
		n.t.Errorf("%+v", served)
	}
	if found, _ := n.connLimits, 0; found == nil || n.conns.size() != 0 {
		n.t.Error("it is counted as served here")
	}
}

// TestHandOnAddresses shows that the node of the room limits clients by the addresses that the
// first node has found, with its own proxies, and that TLS at the first node counts.
func TestHandOnAddresses(t *testing.T) {
	all := newNodes(t, 2, overTLS, with(Config{
		ConnectionsPerIP: 2, RequireTLS: true, HandshakeBurst: 5, HandshakesPerIP: 1,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}), overTLS, withClock(&testClock{}))
	here, there := all[0], all[1]
	here.shared.set(sharedRoom, there.peer)
	const room = "/realtime/records/a"
	from := func(address string) []string {
		return []string{"X-Forwarded-For: " + address, "X-Forwarded-Proto: https"}
	}
	for range 2 {
		dial(t, here.world, room, from("192.0.2.1")...).receive(protocol.SyncRequest)
	}
	c := dial(t, here.world, room, from("192.0.2.1")...)
	c.mustClose(engine.CloseTooMany, "too many connections from this address")
	dial(t, here.world, room, from("192.0.2.2")...).receive(protocol.SyncRequest)
	there.mustCount(`realtime_connections_refused_total{limit="ip"}`, 1)
	here.mustCount(`realtime_connections_refused_total{limit="ip"}`, 0)
	infos, _ := there.Connections(ConnectionQuery{})
	last := infos[len(infos)-1]
	if last.Client != netip.MustParseAddr("192.0.2.2") || last.Proxy != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("%+v", last)
	}
	here.until("the relay of the refused client has ended", func() bool {
		n, _, _ := here.connLimits.Len()
		return n == 3
	})
	if _, addresses, _ := here.connLimits.Len(); addresses != 0 {
		t.Errorf("%d relays are counted by address", addresses)
	}
}

// TestHandOnRoomByRoom shows that rooms of two nodes can be handed on for one client, as a protocol
// with several rooms on a connection needs it: each node serves its room, counts the client by its
// own address, and goes on when the other room's connection ends.
func TestHandOnRoomByRoom(t *testing.T) {
	all := newNodes(t, 3, with(Config{ConnectionsPerIP: 1}))
	here := all[0]
	remote := netip.MustParseAddrPort("192.0.2.1:4711")
	rooms := []*client{}
	for i, name := range []string{"a", "b"} {
		owner := all[1+i]
		here.shared.set("record:"+name, owner.peer)
		cfg := here.cfg().Peers
		c, err := here.dialer.Dial(context.Background(), &cfg, owner.peer, handon.Preamble{
			Room: "record:" + name, Remote: remote, Client: remote.Addr(),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetReadDeadline(time.Now().Add(patience))
		room := &client{t: t, conn: c, br: bufio.NewReader(c)}
		room.handshake("/realtime/records/"+name, "")
		room.receive(protocol.SyncRequest)
		rooms = append(rooms, room)
		infos, _ := owner.Connections(ConnectionQuery{})
		if len(infos) != 1 || infos[0].Client != remote.Addr() || infos[0].From != cfg.Node {
			t.Errorf("%+v", infos)
		}
	}
	rooms[0].conn.Close()
	all[1].until("the first room is left", func() bool { return all[1].conns.size() == 0 })
	other := dial(t, all[2].world, "/realtime/records/b")
	other.receive(protocol.SyncRequest)
	rooms[1].send(gws.OpcodeBinary, typed(1, 10))
	other.receive(protocol.Update)
}

// TestHandedOnOnce shows that a node that does not have the room hands a connection that was handed
// on to nobody: its answer makes the first node hold the connection, and serve it where the room is
// in the end.
func TestHandedOnOnce(t *testing.T) {
	all := newNodes(t, 3)
	here, wrong, right := all[0], all[1], all[2]
	wrongly := &owners{of: map[string]string{sharedRoom: wrong.peer}, unreachable: map[string]int{}}
	cfg := here.Config()
	cfg.Owners = view{wrongly, here.peer}
	here.conf.Store(newSettings(cfg))
	here.shared.set(sharedRoom, right.peer)
	c := connect(t, here.world)
	c.write([]byte(request("/realtime/records/a")))
	here.until("it is held", func() bool { return here.holds.Len() == 1 })
	wrongly.set(sharedRoom, right.peer)
	c.readAnswer()
	c.receive(protocol.SyncRequest)
	right.mustCount("realtime_connections_from_nodes_total", 1)
	wrong.mustCount("realtime_connections_from_nodes_total", 0)
	if n := here.count(`realtime_handon_failures_total{reason="not_owner"}`); n == 0 {
		t.Error("no refusal is counted")
	}
	if len(wrongly.unreachable) > 0 {
		t.Error("a node that answers is unreachable")
	}
	here.mustCount(`realtime_holds_ended_total{result="handed_on"}`, 1)
	here.mustLog("connections cannot be handed on", "refused by the node: the room is at "+right.peer)
}

// TestHeldUntilOwnerIsKnown shows that connections wait while the owner of their room cannot be
// reached or is not known, occupy no slot for handshakes, and are served when that changes.
func TestHeldUntilOwnerIsKnown(t *testing.T) {
	all := newNodes(t, 2)
	here, there := all[0], all[1]
	here.shared.set(sharedRoom, there.peer)
	there.cut()
	<-there.ended
	var waiting []*client
	for range 20 {
		c := connect(t, here.world)
		c.write([]byte(request("/realtime/records/a")))
		waiting = append(waiting, c)
	}
	here.until("all are held", func() bool { return here.holds.Len() == len(waiting) })
	here.until("no handshake is unfinished", func() bool { return here.handshakes() == 0 })
	if n := here.connections(); n != 0 {
		t.Errorf("%d connections are counted", n)
	}
	here.shared.fail(errors.New("Redis cannot be asked"))
	here.until("the reason is logged", func() bool {
		return strings.Contains(here.log.String(), "Redis cannot be asked")
	})
	for _, c := range waiting[:5] {
		c.conn.Close()
	}
	here.until("those that have left are gone", func() bool { return here.holds.Len() <= len(waiting)-5 })
	here.shared.set(sharedRoom, "")
	here.shared.fail(nil)
	for _, c := range waiting[5:] {
		c.readAnswer()
		c.receive(protocol.SyncRequest)
	}
	here.mustCount(`realtime_holds_ended_total{result="served"}`, 15)
	here.mustCount(`realtime_holds_ended_total{result="left"}`, 5)
	if n := here.shared.unreachable[there.peer]; n == 0 {
		t.Error("nobody was told that the node is unreachable")
	}
	if n, _, _ := here.connLimits.Len(); n != 15 {
		t.Errorf("%d connections are counted", n)
	}
}

// TestHoldIsBounded shows that a connection that waits too long, and one too many, are closed with
// a code after which clients come back.
func TestHoldIsBounded(t *testing.T) {
	here := newNodes(t, 1, with(Config{HeldConnections: 1}))[0]
	here.shared.fail(errors.New("Redis cannot be asked"))
	first := connect(t, here.world)
	first.write([]byte(request("/realtime/records/a")))
	here.until("it is held", func() bool { return here.holds.Len() == 1 })
	dial(t, here.world, "/realtime/records/b").
		mustClose(engine.CloseUnavailable, errManyHeld.Reason)
	first.conn.Close()
	here.mustCount(`realtime_holds_ended_total{result="full"}`, 1)
	here.mustLog("too many connections wait for the owner of their room")
	soon := newNodes(t, 1, with(Config{HoldTimeout: time.Millisecond}))[0]
	soon.shared.fail(errors.New("Redis cannot be asked"))
	dial(t, soon.world, "/realtime/records/a").mustClose(engine.CloseUnavailable, errNoOwner.Reason)
	soon.mustCount(`realtime_holds_ended_total{result="timeout"}`, 1)
}

// TestDrainEndsRelays shows that a shutdown ends what was handed on, and answers what is held so
// that a proxy tries another server; and that a node that shuts down takes over nothing.
func TestDrainEndsRelays(t *testing.T) {
	all := newNodes(t, 2)
	here, there := all[0], all[1]
	here.shared.set(sharedRoom, there.peer)
	passing := dial(t, here.world, "/realtime/records/a")
	passing.receive(protocol.SyncRequest)
	here.shared.fail(errors.New("Redis cannot be asked"))
	held := connect(t, here.world)
	held.write([]byte(request("/realtime/records/b")))
	here.until("it is held", func() bool { return here.holds.Len() == 1 })
	here.end()
	held.readAnswer()
	if held.answer.StatusCode != 503 || held.answer.Header.Get("Retry-After") == "" {
		t.Errorf("%s", held.answer.Status)
	}
	_, _ = io.Copy(io.Discard, passing.conn) // ends
	there.until("the client has left", func() bool { return there.conns.size() == 0 })
	<-here.ended // its ServePeers
	here.shared.fail(nil)
	there.drain.closing.Store(true)
	refused := there.checkHandedOn(context.Background(), handon.Preamble{Room: sharedRoom})
	if refused == nil || refused.Answer != handon.NotReady {
		t.Errorf("%v", refused)
	}
	there.drain.closing.Store(false)
}

// TestEndRelays shows that connections that were handed on are ended when their node has gone, when
// an administrator says so, and when their node sends nothing for too long.
func TestEndRelays(t *testing.T) {
	all := newNodes(t, 2)
	here, there := all[0], all[1]
	here.shared.set(sharedRoom, there.peer)
	for _, end := range []func(){
		func() { here.EndRelays(there.peer) },
		func() {
			infos, _ := here.Connections(ConnectionQuery{})
			if found, err := here.Disconnect(infos[0].ID, "", "x"); !found || err != nil {
				t.Errorf("%v, %v", found, err)
			}
		},
		func() { here.advance(0); here.advance(75 * time.Second) },
	} {
		c := dial(t, here.world, "/realtime/records/a")
		c.receive(protocol.SyncRequest)
		here.EndRelays("other")
		here.advance(0)
		here.until("it is there", func() bool { return here.relays.size() == 1 })
		end()
		_, _ = io.Copy(io.Discard, c.conn)
		here.until("it is gone", func() bool { return here.relays.size() == 0 })
		there.until("the client has left", func() bool { return there.conns.size() == 0 })
	}
	here.mustCount(`realtime_relays_aborted_total{reason="silent"}`, 1)
	if n, _, _ := here.connLimits.Len(); n != 0 {
		t.Errorf("%d connections are counted", n)
	}
}

// TestSlowClientOfAnotherNode shows that a client that takes nothing holds up no other connection
// that was handed on, and is ended after Config.StallTimeout, or by its node.
func TestSlowClientOfAnotherNode(t *testing.T) {
	all := newNodes(t, 2)
	here, there := all[0], all[1]
	here.shared.set(sharedRoom, there.peer)
	slow := dial(t, here.world, "/realtime/records/a")
	slow.receive(protocol.SyncRequest)
	reader := dial(t, here.world, "/realtime/records/a")
	reader.receive(protocol.SyncRequest)
	writer := dial(t, there.world, "/realtime/records/a")
	writer.receive(protocol.SyncRequest)
	stalls := func() bool {
		for _, r := range here.relays.list() {
			if _, toClient := here.relays.pipe(r).Progress(); toClient.Waits {
				return true
			}
		}
		return false
	}
	for i := byte(1); !stalls(); i++ {
		writer.send(gws.OpcodeBinary, typed(i, 500_000))
		reader.receive(protocol.Update)
	}
	now := time.Duration(0)
	here.until("the slow client is gone", func() bool { // the kernel may still take some bytes
		reader.send(gws.OpcodePing, nil)
		reader.await(gws.OpcodePong)
		now += here.cfg().StallTimeout
		here.advance(now)
		return here.relays.size() == 1
	})
	here.mustCount(`realtime_relays_aborted_total{reason="stalled"}`, 1)
	writer.send(gws.OpcodeBinary, typed(127, 10)) // the loop does not come as far
	reader.receive(protocol.Update)
}

// TestNothingPublicForPeers shows that the peer listener serves no page, and refuses everything
// without the secret.
func TestNothingPublicForPeers(t *testing.T) {
	n := newNodes(t, 1)[0]
	get := func(p handon.Preamble, secret, text string) string {
		cfg := handon.Config{Secret: secret}
		var dialer handon.Dialer
		defer dialer.Close()
		c, err := dialer.Dial(context.Background(), &cfg, n.peer, p)
		if err != nil {
			return err.Error()
		}
		defer c.Close()
		_, _ = io.WriteString(c, text)
		_ = c.SetReadDeadline(time.Now().Add(patience))
		answer, _ := io.ReadAll(c)
		return string(answer)
	}
	from := handon.Preamble{Room: sharedRoom}
	for _, path := range []string{"/healthz", "/metrics", "/"} {
		answer := get(from, nodesSecret, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 404") {
			t.Errorf("%s: %s", path, answer)
		}
	}
	for _, secret := range []string{"", "another secret"} {
		answer := get(from, secret, request("/realtime/records/a"))
		if !strings.Contains(answer, "different secrets") {
			t.Errorf("%q: %s", secret, answer)
		}
	}
	n.mustLog("connection to the peer listener refused", "different secrets")
	c, err := net.Dial("tcp", n.peer)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, request("/realtime/records/a"))
	if answer, err := io.ReadAll(c); err == nil && bytes.Contains(answer, []byte("HTTP")) {
		t.Errorf("%s", answer)
	}
	if n.conns.size() != 0 {
		t.Error("a connection was accepted")
	}
	wrong := get(handon.Preamble{Room: "record:b"}, nodesSecret, request("/realtime/records/a"))
	if !strings.HasPrefix(wrong, "HTTP/1.1 101") || !strings.Contains(wrong, errMoved.Reason) {
		t.Errorf("another room than in the preamble: %q", wrong)
	}
}

// TestManyHandedOn shows that connections that were handed on have no goroutines on the node that
// passes them.
func TestManyHandedOn(t *testing.T) {
	all := newNodes(t, 2, with(Config{Unlimited: true, ConnectionsPerIP: 1000}))
	here, there := all[0], all[1]
	here.shared.set(sharedRoom, there.peer)
	one := dial(t, here.world, "/realtime/records/a")
	one.receive(protocol.SyncRequest)
	before := runtime.NumGoroutine()
	for range 300 {
		dial(t, here.world, "/realtime/records/a").receive(protocol.SyncRequest)
	}
	here.until("no goroutine is left over", func() bool {
		return runtime.NumGoroutine() < before+50
	})
	if n := here.relays.size(); n != 301 {
		t.Errorf("%d relays", n)
	}
	one.send(gws.OpcodePing, nil)
	one.await(gws.OpcodePong)
}

// TestCodesOfRouting shows that a client is not informed that realtime is off where another server
// has its room, or none does just now.
func TestCodesOfRouting(t *testing.T) {
	for err, want := range map[*engine.CloseError]string{
		errMoved: protocol.CodeRestarting, errNoOwner: protocol.CodeInternal,
		errManyHeld: protocol.CodeInternal,
	} {
		if err.ErrorCode != want {
			t.Errorf("%v has the code %q, want %q", err, err.ErrorCode, want)
		}
	}
}
