package transport

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestDocumentsOfNodes shows that the documents of one connection are served by the nodes that have
// their rooms: messages pass both ways, statuses are exact, a document of another node can be
// refused and opened with another token, and its update that cannot be read ends it alone.
func TestDocumentsOfNodes(t *testing.T) {
	all := newNodes(t, 2, gated(nil), with(Config{Unlimited: true}))
	here, there := all[0], all[1]
	here.shared.set("record:a", there.peer)
	here.shared.set("record:c", there.peer)
	c := dialDocuments(t, here.world)
	y := dial(t, there.world, "/realtime/records/a?token=y")
	y.receive(protocol.SyncRequest)
	c.synced("a", "ann")
	c.synced("b", "ann")
	for i := range byte(20) {
		c.sends("a", protocol.Update, insertion(1, i))
		c.sends("b", protocol.Update, insertion(1, i))
	}
	for range 20 {
		c.wants("a", "status 1")
	}
	y.receive(protocol.Update)
	y.sendMessage(protocol.Update, insertion(9, 0))
	c.wants("a", "update")
	c.sends("a", protocol.Update, textUpdate(2, 0, string(make([]byte, 100_000))))
	c.wants("a", "status 1")

	c.opens("c", "bad")
	c.wants("c", "denied no such token")
	c.signs("c", "reader")
	c.wants("c", "readonly", "step 1", "step 2")
	c.sends("c", protocol.Update, insertion(1, 0))
	c.wants("c", "status 0")

	here.until("both are listed", func() bool {
		page, _ := here.Connections(ConnectionQuery{})
		return len(page) == 3 && page[0].State == ConnectionRelayed && page[0].To == there.peer &&
			page[0].Room.String() == "record:a" && page[1].State == ConnectionJoined
	})
	served, _ := there.Connections(ConnectionQuery{Room: roomkey.MustParse("record:a")})
	if len(served) != 2 || served[1].From != "node at "+here.peer || served[1].Client.String() != "127.0.0.1" {
		t.Errorf("%+v", served)
	}
	c.sends("a", protocol.Update, []byte{1, 1, 9, 0, 31, 0})
	c.wants("a", "closed unknown content ref at offset 4")
	c.sends("b", protocol.Update, insertion(1, 20))
	c.wants("b", "status 1")
	c.says("c", protocol.Message{Kind: protocol.Detach})
	there.until("it has left", func() bool {
		in, _ := there.Connections(ConnectionQuery{Room: roomkey.MustParse("record:c")})
		return len(in) == 0
	})
	c.conn.Close()
	there.until("all have left", func() bool { return there.conns.size() == 1 })
}

// mustRelay waits until the gauge of relays has a value.
func (n *node) mustRelay(want int) {
	n.t.Helper()
	gauge := n.counters.set.GetOrCreateGauge("realtime_relays", nil)
	n.until(fmt.Sprint(want, " relays"), func() bool { return gauge.Get() == float64(want) })
}

// TestIdleDocumentsOfNodes shows that documents that another node serves have no goroutine while
// nothing is sent, not even on that node, and that they and their bytes are counted.
func TestIdleDocumentsOfNodes(t *testing.T) {
	all := newNodes(t, 2, gated(nil), with(Config{Unlimited: true}))
	here, there := all[0], all[1]
	here.shared.set("record:a", there.peer)
	first := dialDocuments(t, here.world)
	first.synced("a", "ann")
	before := runtime.NumGoroutine()
	const more = 100
	for range more {
		dialDocuments(t, here.world).synced("a", "ann")
	}
	here.until("no goroutine is left over", func() bool {
		return runtime.NumGoroutine() < before+more/4
	})
	here.mustRelay(more + 1)
	there.mustRelay(0)
	toNodes, toClients := here.relays.passed()
	first.sends("a", protocol.Update, textUpdate(1, 0, string(make([]byte, 10_000))))
	first.wants("a", "status 1")
	toNodesNow, toClientsNow := here.relays.passed()
	if n := toNodesNow - toNodes; n < 10_000 || n > 11_000 {
		t.Errorf("%d bytes to the node", n)
	}
	here.until("all others are sent it", func() bool {
		_, toClientsNow = here.relays.passed()
		return toClientsNow-toClients > more*10_000
	})
	first.says("a", protocol.Message{Kind: protocol.Detach})
	first.roundTrips(1)
	here.mustRelay(more)
}

// TestDocumentRelaysEnd shows that a document goes on when its node is taken for gone, when an
// administrator disconnects it, and when its node sends nothing for too long: it leaves that node,
// and is opened again, without a word to its client.
func TestDocumentRelaysEnd(t *testing.T) {
	all := newNodes(t, 2, gated(nil), with(Config{Unlimited: true, PingInterval: time.Hour}))
	here, there := all[0], all[1]
	here.shared.set("record:a", there.peer)
	c := dialDocuments(t, here.world)
	c.synced("a", "ann")
	now := time.Duration(0)
	for i, end := range []func(){
		func() { here.EndRelays(there.peer) },
		func() {
			page, _ := here.Connections(ConnectionQuery{})
			if found, err := here.Disconnect(page[0].ID, "", "x"); !found || err != nil {
				t.Errorf("%v, %v", found, err)
			}
		},
		func() {
			now += 74 * time.Second
			here.advance(now)
			c.roundTrips(1) // the client's own connection is not silent
			now += time.Second
			here.advance(now)
		},
	} {
		here.EndRelays("other")
		end()
		here.until("it is away", func() bool { return here.documentPhase("a") == away })
		there.until("it has left", func() bool { return there.conns.size() == 0 })
		here.mustRelay(0)
		now += 10 * time.Second
		here.advance(now)
		c.wants("a", "read-write", "step 1", "step 2")
		c.sends("a", protocol.SyncReply, []byte{0, 0}) // has no status, as nothing waits for one
		c.sends("a", protocol.Update, insertion(1, byte(i)))
		c.wants("a", "status 1")
		here.mustRelay(1)
	}
	here.mustCount(`realtime_relays_aborted_total{reason="silent"}`, 1)
}

// TestDocumentRefusedByNode shows that a document that another node has refused, which ends its
// connection there after a while, is refused once, and opened with another token after that.
func TestDocumentRefusedByNode(t *testing.T) {
	all := newNodes(t, 2, gated(nil), with(Config{Unlimited: true, PingInterval: time.Hour}))
	here, there := all[0], all[1]
	here.shared.set("record:a", there.peer)
	c := dialDocuments(t, here.world)
	c.opens("a", "bad")
	c.wants("a", "denied no such token")
	there.advance(firstDocument)
	here.until("its node has closed it", func() bool { return here.documentPhase("a") == refused })
	c.opens("a", "ann")
	c.wants("a", "read-write", "step 1", "step 2")
}

// TestNodeThatTakesNothing shows that the relaying of a document ends when its node takes nothing
// for too long, and that the document is opened again.
func TestNodeThatTakesNothing(t *testing.T) {
	all := newNodes(t, 2, gated(nil), with(Config{PingInterval: time.Hour}))
	here, there := all[0], all[1]
	here.shared.set("record:a", there.peer)
	there.holdThrottled()
	c := dialDocuments(t, here.world)
	c.synced("a", "ann")
	slow := there.Config()
	slow.YWebsocketMessagesPerSecond, slow.YWebsocketBurst = 1, 5
	there.Reconfigure(slow)
	const clients, length = 20, 30_000
	text := string(make([]byte, length))
	for i := range uint64(clients) {
		c.sends("a", protocol.Update, textUpdate(i+1, 0, text))
	}
	remote := here.only().documents.all[0].remote()
	here.until("the node takes nothing", func() bool { return remote.waits.Load() != idle })
	here.advance(here.cfg().StallTimeout)
	here.until("it is away", func() bool { return here.documentPhase("a") == away })
	here.mustCount(`realtime_relays_aborted_total{reason="stalled"}`, 1)
	slow.YWebsocketMessagesPerSecond, slow.YWebsocketBurst = 0, 0
	there.Reconfigure(slow)
	here.advance(here.cfg().StallTimeout + lastRetry)
	for c.word() != "a: read-write" { // a status of one that was taken
	}
	c.wants("a", "step 1", "step 2")
}

// TestDocumentMoves shows that a document goes on when its room moves to this node and back,
// without a word to its client: what was written meanwhile arrives, and has its statuses.
func TestDocumentMoves(t *testing.T) {
	all := newNodes(t, 2, gated(nil), with(Config{Unlimited: true, IdleTimeout: time.Hour}))
	here, there := all[0], all[1]
	here.shared.set("record:a", there.peer)
	c := dialDocuments(t, here.world)
	c.synced("a", "ann")
	written := []byte{}
	now := time.Duration(0)
	move := func(from, to *node) {
		here.shared.set("record:a", to.peer)
		if err := from.engine.Evict(t.Context(), roomkey.MustParse("record:a"), ""); err != nil {
			t.Fatal(err)
		}
		here.until("it is away", func() bool { return here.documentPhase("a") == away })
		for range 3 {
			c.sends("a", protocol.Update, typedAt(uint64(len(written)), []byte("x")))
			written = append(written, 'x')
		}
		c.roundTrips(1)
		now += time.Minute
		here.advance(now)
		c.wants("a", "read-write", "step 1", "step 2")
		c.sends("a", protocol.SyncReply, typedAt(0, written))
		c.wants("a", "status 1", "status 1", "status 1")
		c.sends("a", protocol.Update, typedAt(uint64(len(written)), []byte("x")))
		written = append(written, 'x')
		c.wants("a", "status 1")
	}
	move(there, here)
	move(here, there)
}
