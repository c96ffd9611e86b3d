package app

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// guest is a client that is in its room, or was refused.
type guest struct {
	gws.BuiltinEventHandler
	t      *testing.T
	socket *gws.Conn
	joined chan struct{} // has a value when it is in its room
	closed chan int      // has the code when it was closed
}

// OnMessage implements gws.Event.
func (g *guest) OnMessage(_ *gws.Conn, m *gws.Message) {
	_ = m.Close()
	select {
	case g.joined <- struct{}{}:
	default:
	}
}

// OnClose implements gws.Event.
func (g *guest) OnClose(_ *gws.Conn, err error) {
	code := 0
	if why, ok := err.(*gws.CloseError); ok {
		code = int(why.Code)
	}
	g.closed <- code
}

// guest makes a user at an address come to a record.
func (n *runningNode) guest(user, address, record string) *guest {
	n.t.Helper()
	token, err := auth.JWTConfig{}.Sign([]byte(testSecret), auth.Session{
		Identity: engine.Identity{ID: user}, Grants: auth.Grants{record: "edit"},
	}, time.Hour)
	if err != nil {
		n.t.Fatal(err)
	}
	g := &guest{t: n.t, joined: make(chan struct{}, 1), closed: make(chan int, 1)}
	g.socket, _, err = gws.NewClient(g, &gws.ClientOption{
		Addr: "ws://" + n.addr + "/realtime/records/" + record + "?token=" + token,
		RequestHeader: http.Header{
			"Sec-WebSocket-Protocol": {"y-websocket"}, "X-Forwarded-For": {address},
		},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(g.leave)
	go g.socket.ReadLoop()
	return g
}

func (g *guest) leave() { _ = g.socket.NetConn().Close() }

// code returns the code with which the client was closed, 0 if it has joined.
func (g *guest) code() int {
	g.t.Helper()
	select {
	case <-g.joined:
		return 0
	case code := <-g.closed:
		return code
	case <-time.After(patience):
		g.t.Fatal("a client is neither in its room nor closed")
		return 0
	}
}

// limited are clients that a limit of two connections counts together.
type limited struct {
	key string
	// come makes one of them come to a record at a node.
	come func(n *runningNode, record string) *guest
	// elsewhere returns how many of them a node knows to be at others.
	elsewhere func(n *runningNode) int
	there     []*guest
}

func byUser() *limited {
	return &limited{
		key: "connections_per_user",
		come: func(n *runningNode, record string) *guest {
			return n.guest("ann", "192.0.2."+record, "user-"+record)
		},
		elsewhere: func(n *runningNode) int {
			return n.components().node.others.Elsewhere().ByUser("ann")
		},
	}
}

func byAddress() *limited {
	return &limited{
		key: "connections_per_ip",
		come: func(n *runningNode, record string) *guest {
			return n.guest("user-"+record, "192.0.2.99", "address-"+record)
		},
		elsewhere: func(n *runningNode) int {
			address := netip.MustParseAddr("192.0.2.99")
			return n.components().node.others.Elsewhere().ByAddress(address)
		},
	}
}

// joins makes a client come that joins its room.
func (l *limited) joins(n *runningNode, record string) {
	n.t.Helper()
	g := l.come(n, record)
	if code := g.code(); code != 0 {
		n.t.Errorf("%s: closed with %d", l.key, code)
	}
	l.there = append(l.there, g)
}

// isRefused makes a client come that is one too many.
func (l *limited) isRefused(n *runningNode, record string) {
	n.t.Helper()
	const tooMany = 4529
	if code := l.come(n, record).code(); code != tooMany {
		n.t.Errorf("%s: one too many is closed with %d", l.key, code)
	}
}

// leaves makes the client leave that has been there for the longest.
func (l *limited) leaves() {
	l.there[0].leave()
	l.there = l.there[1:]
}

// knows waits until a node knows how many of the clients are at others.
func (l *limited) knows(n *runningNode, want int) {
	n.t.Helper()
	until(n.t, fmt.Sprintf("%s: %d are known to be elsewhere", l.key, want), func() bool {
		return l.elsewhere(n) == want
	})
}

// TestLimitsOfAllNodes shows that the limits on connections by user and by address are those of all
// nodes together: those to one node, also those that came to the other and were handed on, use up
// the limit at the other, until they have left.
func TestLimitsOfAllNodes(t *testing.T) {
	redis := redistest.Start(t, "appendonly yes")
	keys := "  auth: {jwt: {secret: '" + testSecret + "'}}\n  trusted_proxies: [127.0.0.1]\n" +
		"  rate_limiting: {connections_per_user: 2, connections_per_ip: 2}\n"
	one, two := startNode(t, redis, t.TempDir(), keys), startNode(t, redis, t.TempDir(), keys)
	until(t, "the second sees the first", func() bool {
		return len(two.components().node.member.Nodes()) == 2
	})
	all := []*limited{byUser(), byAddress()}
	for _, l := range all {
		l.joins(one, "1")
		l.joins(two, "1")
	}
	for _, l := range all {
		l.knows(two, 2)
		if n := l.elsewhere(one); n != 0 {
			t.Errorf("%s: %d are counted at both nodes", l.key, n)
		}
		l.isRefused(two, "2")
		l.leaves()
	}
	if code := two.guest("bob", "192.0.2.200", "3").code(); code != 0 {
		t.Errorf("somebody else is closed with %d", code)
	}
	for _, l := range all {
		l.knows(two, 1)
		l.joins(two, "2")
	}
	for _, l := range all {
		l.knows(one, 1)
		l.isRefused(one, "4")
		l.leaves()
		l.leaves()
	}
	for _, l := range all {
		l.knows(one, 0)
		l.knows(two, 0)
		l.joins(one, "5")
		l.joins(one, "6")
	}
}
