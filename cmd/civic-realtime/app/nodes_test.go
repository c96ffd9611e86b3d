package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// until waits until a condition holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not happen that %s", what)
		}
	}
}

// runningNode is a whole server in this process.
type runningNode struct {
	*Server
	t        *testing.T
	addr     string // for clients
	out, log lockedBuffer
	cancel   func()
	ended    chan error
}

var listeningOn = regexp.MustCompile(`listening on http://([0-9.:]+)`)

// startNode starts a server with a data directory, further keys and flags, on free ports, and waits
// until it serves. Without keys about authentication it is in development mode. redis is nil for a
// server that is alone.
func startNode(
	t *testing.T, redis *redistest.Server, dir, keys string, flags ...string,
) *runningNode {
	t.Helper()
	file := "realtime:\n  data_dir: '" + dir + "'\n  port: 0\n" + keys
	if !strings.Contains(keys, "admin:") {
		file += "  admin: {listen: ''}\n"
	}
	if redis != nil {
		file += "  redis: {enabled: true, url: '" + redis.URL() + "'}\n"
	}
	if !strings.Contains(keys, "auth:") {
		flags = append(flags, "--dev")
	}
	c, err := parse(t, file, flags...)
	if err != nil {
		t.Fatal(err)
	}
	n := startConfig(t, c)
	if redis != nil {
		until(t, "the node is ready", func() bool { return n.components().server.Ready() == nil })
	}
	return n
}

// startNodeOf starts a server that is alone, with a file and flags, and waits until it serves.
func startNodeOf(t *testing.T, file string, flags ...string) *runningNode {
	t.Helper()
	c, err := parse(t, "", append(flags, "--config", file)...)
	if err != nil {
		t.Fatal(err)
	}
	return startConfig(t, c)
}

// startConfig starts a server with a configuration, and waits until it serves.
func startConfig(t *testing.T, c Config) *runningNode {
	t.Helper()
	n := &runningNode{t: t, ended: make(chan error, 1)}
	var err error
	if n.Server, err = New(c, &n.out, &n.log); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	go func() { n.ended <- n.Run(ctx) }()
	t.Cleanup(func() {
		if n.stop(); t.Failed() {
			t.Logf("log of %s:\n%s", c.DataDir, n.log.String())
		}
	})
	until(t, "the server listens", func() bool {
		select {
		case err := <-n.ended:
			t.Fatalf("the server ended: %v\n%s", err, n.log.String())
		default:
		}
		found := listeningOn.FindStringSubmatch(n.out.String())
		if found != nil {
			n.addr = found[1]
		}
		return found != nil
	})
	return n
}

// components returns the parts of the server while it runs.
func (n *runningNode) components() *components {
	n.reloading.Lock()
	defer n.reloading.Unlock()
	return n.parts
}

// stop shuts the server down, and waits for that.
func (n *runningNode) stop() {
	n.t.Helper()
	if n.cancel == nil {
		return
	}
	n.cancel()
	n.cancel = nil
	if err := <-n.ended; err != nil {
		n.t.Errorf("%v", err)
	}
}

// owns reports whether the node has the lease of a record's room.
func (n *runningNode) owns(record string) bool {
	_, held := n.components().node.member.Held("record:" + record)
	return held
}

// takesLost returns how many leases the node has tried to take that another had.
func (n *runningNode) takesLost() int {
	return n.counter("realtime_cluster_leases_elsewhere_total")
}

// counter returns the value of a metric of the node.
func (n *runningNode) counter(name string) (value int) {
	var b strings.Builder
	n.components().node.WriteMetrics(&b)
	_, rest, _ := strings.Cut("\n"+b.String(), "\n"+name+" ")
	if _, err := fmt.Sscan(rest, &value); err != nil {
		n.t.Fatalf("%s: %v", name, err)
	}
	return value
}

// writer is a client of y-websocket that comes back until it leaves. It keeps what it is sent.
type writer struct {
	gws.BuiltinEventHandler
	t      *testing.T
	record string
	id     byte // client id in the document
	at     atomic.Pointer[string]
	socket atomic.Pointer[gws.Conn]
	gone   atomic.Bool
	ended  chan struct{}

	mu    sync.Mutex
	clock int
	mine  [][]byte // all of its updates
	got   strings.Builder
	codes map[int]int // closes by code
}

// join makes a client come to a record at a node.
func (n *runningNode) join(id byte, record string) *writer {
	w := &writer{t: n.t, record: record, id: id, codes: map[int]int{}, ended: make(chan struct{})}
	w.goTo(n)
	go w.stay()
	n.t.Cleanup(w.leave)
	return w
}

// goTo makes the client come to another node when it comes again.
func (w *writer) goTo(n *runningNode) { w.at.Store(&n.addr) }

func (w *writer) stay() {
	defer close(w.ended)
	for ; !w.gone.Load(); time.Sleep(reconnectPause) {
		socket, _, err := gws.NewClient(w, &gws.ClientOption{
			Addr:          "ws://" + *w.at.Load() + "/realtime/records/" + w.record,
			RequestHeader: http.Header{"Sec-WebSocket-Protocol": {"y-websocket"}},
		})
		if err != nil {
			continue
		}
		if w.socket.Store(socket); w.gone.Load() {
			_ = socket.NetConn().Close()
		}
		w.resend(socket)
		socket.ReadLoop()
		w.socket.Store(nil)
	}
}

// leave closes the client for good.
func (w *writer) leave() {
	w.gone.Store(true)
	if socket := w.socket.Load(); socket != nil {
		_ = socket.NetConn().Close()
	}
	<-w.ended
}

// OnMessage implements gws.Event.
func (w *writer) OnMessage(_ *gws.Conn, m *gws.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got.Write(m.Bytes())
	_ = m.Close()
}

// OnPing implements gws.Event.
func (w *writer) OnPing(socket *gws.Conn, payload []byte) { _ = socket.WritePong(payload) }

// OnClose implements gws.Event.
func (w *writer) OnClose(_ *gws.Conn, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	code := 0
	if why, ok := err.(*gws.CloseError); ok {
		code = int(why.Code)
	}
	w.codes[code]++
}

// resend asks for the document, and sends all of the client's own updates again.
func (w *writer) resend(socket *gws.Conn) {
	w.mu.Lock()
	mine := slices.Clone(w.mine)
	w.mu.Unlock()
	w.send(socket, protocol.SyncRequest, []byte{0})
	for _, update := range mine {
		w.send(socket, protocol.Update, update)
	}
}

func (w *writer) send(socket *gws.Conn, k protocol.Kind, body []byte) {
	m := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: k, Body: body})
	_ = socket.WriteMessage(gws.OpcodeBinary, m)
}

// types writes a text of fewer than 100 bytes at the beginning of the document.
func (w *writer) types(text string) {
	w.mu.Lock()
	u := lib0.AppendUvarint([]byte{1, 1, w.id}, uint64(w.clock))
	u = append(u, 4, 1) // a string in a root type
	u = lib0.AppendString(lib0.AppendString(u, "text"), text)
	u = append(u, 0)
	w.clock += len(text)
	w.mine = append(w.mine, u)
	w.mu.Unlock()
	if socket := w.socket.Load(); socket != nil {
		w.send(socket, protocol.Update, u)
	}
}

// mustSee waits until the client has been sent texts.
func (w *writer) mustSee(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		until(w.t, "client sees "+text, func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return strings.Contains(w.got.String(), text)
		})
	}
}

// closes returns how often the client was closed with each code.
func (w *writer) closes() map[int]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.codes)
}

// TestTwoNodes shows that two servers with nothing but the address of a Redis in common find each
// other, know each other by a secret that one of them has made, and serve a room to clients of
// both: one of them owns it.
func TestTwoNodes(t *testing.T) {
	redis := redistest.Start(t, "appendonly yes")
	one, two := startNode(t, redis, t.TempDir(), ""), startNode(t, redis, t.TempDir(), "")
	for _, n := range []*runningNode{one, two} {
		until(t, "both are seen", func() bool { return len(n.components().node.member.Nodes()) == 2 })
	}
	a, b := *one.components().node.secret.Load(), *two.components().node.secret.Load()
	if a != b || len(a) < leastSecret {
		t.Error("the secrets differ")
	}
	ann := one.join(1, "by-law")
	until(t, "the first owns the room", func() bool { return one.owns("by-law") })
	bob := two.join(2, "by-law")
	ann.types("first words")
	bob.mustSee("first words")
	bob.types("an answer")
	ann.mustSee("an answer")
	if one.owns("by-law") == two.owns("by-law") {
		t.Error("the room has no owner, or two")
	}
	late := two.join(3, "by-law")
	late.mustSee("first words", "an answer")
	other := two.join(4, "other")
	until(t, "the second owns another room", func() bool { return two.owns("other") })
	other.types("elsewhere")
	one.join(5, "other").mustSee("elsewhere")
	for i, w := range []*writer{ann, bob, late, other} {
		if codes := w.closes(); len(codes) > 0 {
			t.Errorf("client %d was closed: %v", i, codes)
		}
	}
}

// TestFirstClientsTogether shows that the first two clients of a room, which come to two nodes at
// the same moment, are not closed although each node finds that nobody has the room: one node takes
// it, and the other hands its client on.
func TestFirstClientsTogether(t *testing.T) {
	redis := redistest.Start(t, "appendonly yes")
	one, two := startNode(t, redis, t.TempDir(), ""), startNode(t, redis, t.TempDir(), "")
	for _, n := range []*runningNode{one, two} {
		until(t, "both are seen", func() bool { return len(n.components().node.member.Nodes()) == 2 })
	}
	var leaving sync.WaitGroup
	for i := range 50 {
		record := fmt.Sprint("by-law-", i)
		ann, bob := one.join(1, record), two.join(2, record)
		ann.types("from the first")
		bob.types("from the second")
		ann.mustSee("from the second")
		bob.mustSee("from the first")
		if one.owns(record) == two.owns(record) {
			t.Errorf("%s has no owner, or two", record)
		}
		for _, w := range []*writer{ann, bob} {
			if codes := w.closes(); len(codes) > 0 {
				t.Errorf("a client of %s was closed: %v", record, codes)
			}
			leaving.Go(w.leave)
		}
	}
	leaving.Wait()
	if a, b := one.takesLost(), two.takesLost(); a+b == 0 {
		t.Error("the clients never came at the same moment")
	}
}

// TestDrainGivesRoomsAway shows that the clients of a node that shuts down go on at another, which
// has everything that was written, and that a node that starts again has it, too.
func TestDrainGivesRoomsAway(t *testing.T) {
	for _, durability := range []string{"node", "redis"} {
		t.Run(durability, func(t *testing.T) {
			redis, dir := redistest.Start(t, "appendonly yes"), t.TempDir()
			keys := "  cluster: {durability: " + durability + "}\n"
			one, two := startNode(t, redis, dir, keys), startNode(t, redis, t.TempDir(), keys)
			ann := one.join(1, "by-law")
			until(t, "the first owns the room", func() bool { return one.owns("by-law") })
			bob := two.join(2, "by-law")
			ann.types("before the end")
			bob.mustSee("before the end")
			ann.goTo(two)
			one.stop()
			bob.types("after the end")
			ann.mustSee("after the end")
			if !two.owns("by-law") {
				t.Error("the room has another owner")
			}
			two.join(3, "by-law").mustSee("before the end", "after the end")
			again := startNode(t, redis, dir, keys)
			again.join(4, "by-law").mustSee("before the end", "after the end")
			two.stop()
			ann.goTo(again)
			bob.goTo(again)
			ann.types("at the end")
			bob.mustSee("at the end")
		})
	}
}

// TestSingleBecomesNode shows that the data of a server that was alone is in the cluster when it is
// started with a Redis: another node with an empty directory has it when the first is gone. The way
// back is as good: what a node has served is on its disk.
func TestSingleBecomesNode(t *testing.T) {
	dir := t.TempDir()
	alone := startNode(t, nil, dir, "")
	ann := alone.join(1, "by-law")
	ann.types("written alone")
	alone.join(2, "by-law").mustSee("written alone")
	alone.join(3, "other").types("something else")
	alone.join(4, "other").mustSee("something else")
	alone.stop()
	ann.leave()

	redis, last := redistest.Start(t, "appendonly yes"), t.TempDir()
	one, two := startNode(t, redis, dir, ""), startNode(t, redis, last, "")
	two.join(5, "by-law").mustSee("written alone")
	one.stop()
	two.join(6, "other").mustSee("something else")
	two.stop()
	redis.Stop()
	again := startNode(t, nil, last, "")
	again.join(7, "by-law").mustSee("written alone")
	again.join(8, "other").mustSee("something else")
}

// TestNodeTakesOver shows that a node that takes over from a process on this machine is another
// node, which has its sockets and its rooms: clients come back to the same address, also those that
// had come to another node. The address for other nodes may be the same, too.
func TestNodeTakesOver(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	redis, dir := redistest.Start(t, "appendonly yes"), t.TempDir()
	keys := "  cluster: {listen: '" + address + "'}\n"
	one, two := startNode(t, redis, dir, keys), startNode(t, redis, t.TempDir(), "")
	ann := one.join(1, "by-law")
	until(t, "the first owns the room", func() bool { return one.owns("by-law") })
	bob := two.join(2, "by-law")
	ann.types("before it")
	bob.mustSee("before it")
	name := one.components().node.member.Name()
	next := startNode(t, redis, dir, keys, "--takeover")
	if err := <-one.ended; err != nil {
		t.Error(err)
	}
	one.cancel = nil
	ann.types("after it")
	bob.types("and an answer")
	ann.mustSee("and an answer")
	bob.mustSee("after it")
	late := next.join(3, "by-law")
	late.mustSee("before it", "after it", "and an answer")
	if next.addr != one.addr || next.components().node.member.Name() == name {
		t.Errorf("at %s, not %s; or the same node", next.addr, one.addr)
	}
	for _, n := range next.components().node.member.Nodes() {
		if n.Name == name {
			t.Error("the node before is still there")
		}
	}
}

// TestNodesOverTLS shows that nodes with certificates of one authority serve a room together, and
// that a node with a certificate of another authority does not: its clients wait.
func TestNodesOverTLS(t *testing.T) {
	town, stranger := redistest.MakeCerts(t), redistest.MakeCerts(t)
	redis := redistest.Start(t, "appendonly yes")
	keys := func(c redistest.Certs) string {
		return "  cluster: {hold_timeout: 1s, tls: {ca_file: '" + c.CA + "', cert_file: '" + c.Cert + "', key_file: '" + c.Key + "'}}\n"
	}
	one, two := startNode(t, redis, t.TempDir(), keys(town)), startNode(t, redis, t.TempDir(), keys(town))
	ann := one.join(1, "by-law")
	until(t, "the first owns the room", func() bool { return one.owns("by-law") })
	ann.types("over TLS")
	two.join(2, "by-law").mustSee("over TLS")
	other := startNode(t, redis, t.TempDir(), keys(stranger))
	eve := other.join(3, "by-law")
	until(t, "a client is closed", func() bool { return eve.closes()[4503] > 0 })
	if eve.mu.Lock(); strings.Contains(eve.got.String(), "over TLS") {
		t.Error("a node with a certificate of another authority gets the room")
	}
	eve.mu.Unlock()
}

// TestNodeWithoutRedis shows that a server whose Redis is away ends when it has waited, and leaves
// its data directory to the next; and that it goes on serving what is open when Redis goes away.
func TestNodeWithoutRedis(t *testing.T) {
	redis, dir := redistest.Start(t, "appendonly yes"), t.TempDir()
	redis.Stop()
	c, err := parse(t, "realtime: {data_dir: '"+dir+"', port: 0, admin: {listen: ''}, redis: {enabled: true, url: '"+redis.URL()+"', wait: 100ms}}", "--dev")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(c, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "redis.url: ") {
		t.Errorf("%v", err)
	}
	redis.Restart()
	one := startNode(t, redis, dir, "")
	ann, bob := one.join(1, "by-law"), one.join(2, "by-law")
	ann.types("with Redis")
	bob.mustSee("with Redis")
	redis.Stop()
	ann.types("without it")
	bob.mustSee("without it")
	if err := one.components().server.Ready(); err != nil {
		t.Errorf("the only node is not ready: %v", err)
	}
	redis.Restart()
	two := startNode(t, redis, t.TempDir(), "")
	two.join(3, "by-law").mustSee("with Redis", "without it")
}

// TestNodeReloads shows that a reload of the configuration leaves a node one of several: what makes
// it one is the same after it.
func TestNodeReloads(t *testing.T) {
	redis := redistest.Start(t, "appendonly yes")
	one, two := startNode(t, redis, t.TempDir(), ""), startNode(t, redis, t.TempDir(), "")
	p := one.components()
	before := p.server.Config()
	if _, err := one.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := p.server.Config()
	if after.Owners != before.Owners || after.Elsewhere != before.Elsewhere || after.FirstConnection != before.FirstConnection ||
		after.Peers.Secret != before.Peers.Secret || after.Ready == nil || after.BeforeDrain == nil || p.engine.Config().Claims == nil {
		t.Errorf("%+v\nand before\n%+v", after, before)
	}
	ann := two.join(1, "by-law")
	until(t, "the second owns the room", func() bool { return two.owns("by-law") })
	one.join(2, "by-law").types("through the first")
	ann.mustSee("through the first")
}
