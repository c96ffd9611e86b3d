package transport

import (
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
