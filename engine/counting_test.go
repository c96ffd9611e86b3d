package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// countedConn is the client's end of a connection with counted receipts. It notes what it is sent
// in words.
type countedConn struct {
	mu      sync.Mutex
	got     []string
	doc     ydoc.Doc
	why     *CloseError
	charged int
	waiting uint32
	resumes bool
}

func (c *countedConn) Write(frames [][]byte, _ func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range frames {
		for payload := range payloads(f) {
			c.got = append(c.got, c.word(payload))
		}
	}
	return nil
}

// word describes a message, and takes an update into the client's document.
func (c *countedConn) word(payload []byte) string {
	switch {
	case payload[0] == 8:
		return fmt.Sprint("status ", payload[1])
	case payload[0] == 2:
		return string(payload[3:])
	}
	var m protocol.Message
	if _, err := (protocol.Hocuspocus{}).Next(payload, &m); err != nil {
		panic(err)
	}
	switch m.Kind {
	case protocol.SyncRequest:
		return "step 1"
	case protocol.SyncReply, protocol.Update:
		u, err := yjs.CheckUpdate(m.Body)
		if err != nil {
			panic(err)
		}
		c.doc.Apply(u)
		return map[protocol.Kind]string{protocol.SyncReply: "step 2", protocol.Update: "update"}[m.Kind]
	case protocol.Stateless:
		return "stateless " + string(m.Body)
	case protocol.Awareness:
		return "awareness"
	}
	panic(m.Kind)
}

func (c *countedConn) Close(why *CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.why = why
}
func (c *countedConn) Finish()                 {}
func (c *countedConn) Renew([]byte)            {}
func (c *countedConn) Charge(n int)            { c.charged += n }
func (c *countedConn) Resumes() (uint32, bool) { return c.waiting, c.resumes }

// countedClient is a peer with counted receipts.
type countedClient struct {
	*Peer
	conn *countedConn
	w    *world
}

func (w *world) joinCounted(identity Identity, conn *countedConn) *countedClient {
	w.t.Helper()
	p, err := w.Join(context.Background(), roomkey.MustParse("r"), conn, protocol.Hocuspocus{}, identity)
	if err != nil {
		w.t.Fatal(err)
	}
	return &countedClient{p, conn, w}
}

// beginCounted joins, and synchronizes as the provider does.
func (w *world) beginCounted(identity Identity) *countedClient {
	w.t.Helper()
	c := w.joinCounted(identity, &countedConn{})
	c.sends(protocol.SyncRequest, []byte{0})
	settle()
	c.sends(protocol.SyncReply, emptyUpdate)
	pass(time.Second)
	c.take()
	return c
}

func (c *countedClient) sends(k protocol.Kind, body []byte) {
	c.w.t.Helper()
	if err := c.Deliver(protocol.Hocuspocus{}.Append(nil, protocol.Message{Kind: k, Body: body})); err != nil {
		c.w.t.Fatal(err)
	}
}

// take returns what the client was sent since the last call, without awareness.
func (c *countedClient) take() string {
	settle()
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	var words []string
	for _, word := range c.conn.got {
		if word != "awareness" {
			words = append(words, word)
		}
	}
	c.conn.got = nil
	return strings.Join(words, ", ")
}

func (c *countedClient) wants(what, words string) {
	c.w.t.Helper()
	if got := c.take(); got != words {
		c.w.t.Errorf("%s: %q, want %q", what, got, words)
	}
}

// TestCountedReceipts shows that a client that counts is sent whether it may write, the room's step
// 1 before the answer to its own, one status for its step 2, and one for each update, known or not,
// and not its own update.
func TestCountedReceipts(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		other := w.joinSynced("r")
		other.types(0, "here before")
		pass(time.Second)
		c := w.joinCounted(Identity{}, &countedConn{})
		c.wants("joined", "read-write")
		c.sends(protocol.SyncRequest, []byte{0})
		pass(time.Second)
		c.wants("asked", "step 1, step 2")
		c.sends(protocol.SyncReply, typed(99, 0, "offline"))
		c.sends(protocol.Update, typed(99, 7, "a"))
		c.sends(protocol.Update, typed(99, 7, "a"))
		c.sends(protocol.Update, typed(99, 8, "b"))
		pass(time.Second)
		c.wants("wrote", "status 1, status 1, status 1, status 1")
		c.sends(protocol.Update, typed(99, 0, "offline"))
		c.wants("nothing new, and nothing waits", "status 1")
		c.sends(protocol.SyncReply, emptyUpdate)
		c.wants("a step 2 that nobody asked for", "status 1")
		other.types(11, "!")
		pass(time.Second)
		c.wants("of others", "update")
		if n := c.conn.doc.Clock(other.id); n != 12 {
			t.Errorf("it has %d letters", n)
		}
	})
}

// TestCountedWhenDurable shows that no status says that an update is saved before the store has it,
// also of an update that changes nothing but whose content waits.
func TestCountedWhenDurable(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		c := w.beginCounted(Identity{})
		w.store.fail(errors.New("full"))
		c.sends(protocol.Update, typed(99, 0, "a"))
		c.sends(protocol.Update, typed(99, 0, "a"))
		pass(5 * time.Second)
		c.sends(protocol.Update, typed(99, 0, "a"))
		pass(5 * time.Second)
		c.wants("while the store fails", "")
		w.store.fail(nil)
		pass(time.Minute)
		c.wants("once it works", "status 1, status 1, status 1")
	})
}

// TestCountedReadOnly shows the statuses of a client that may not write: its updates are refused,
// also those with nothing new; its step 2 is, if it has something new.
func TestCountedReadOnly(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		writer := w.beginCounted(Identity{})
		writer.sends(protocol.Update, typed(99, 0, "text"))
		pass(time.Second)
		c := w.joinCounted(Identity{ReadOnly: true}, &countedConn{})
		pass(time.Second)
		c.wants("joined", "readonly")
		c.sends(protocol.SyncRequest, []byte{0})
		pass(time.Second)
		c.wants("asked", "step 1, step 2")
		c.sends(protocol.SyncReply, typed(99, 0, "text"))
		c.wants("nothing new in step 2", "status 1")
		c.sends(protocol.SyncReply, typed(98, 0, "mine"))
		c.wants("something new in it", "status 0")
		c.sends(protocol.Update, typed(98, 0, "mine"))
		c.sends(protocol.Update, typed(98, 4, "!"))
		c.sends(protocol.Update, typed(99, 0, "text"))
		c.wants("updates", "status 0, status 0, status 0")
		pass(time.Minute)
		c.wants("and no more", "")
		if strings.Contains(writer.take(), "update") {
			t.Error("an update of a reader was merged")
		}
	})
}

// TestCountedLock shows that updates that a lock refuses have a status of 0, and one of 1 when the
// client's answer to the room's own request has brought them after all, so that its count is 0
// then.
func TestCountedLock(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		c := w.beginCounted(Identity{})
		lock := func(locked bool) { w.Lock(roomkey.MustParse("r"), locked) }
		lock(true)
		c.wants("locked", "readonly")
		c.sends(protocol.Update, typed(99, 0, "ab"))
		c.sends(protocol.Update, typed(99, 2, "c"))
		c.wants("refused", "status 0, status 0")
		lock(false)
		pass(time.Second)
		c.wants("open again", "read-write, step 1")
		c.sends(protocol.SyncReply, typed(99, 0, "abc"))
		pass(time.Second)
		c.wants("after all", "status 1, status 1")
		c.sends(protocol.Update, typed(99, 3, "d"))
		pass(time.Second)
		c.wants("and then as before", "status 1")
	})
}

// TestCountedMissing shows that an update that lacks others has its status with the answer to the
// room's request, which itself has none.
func TestCountedMissing(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		c := w.beginCounted(Identity{})
		pass(time.Minute)
		c.sends(protocol.Update, typed(99, 2, "c"))
		pass(time.Second)
		c.wants("asked for the rest", "step 1")
		c.sends(protocol.Update, typed(99, 3, "d"))
		c.sends(protocol.SyncReply, typed(99, 0, "abcd"))
		pass(time.Second)
		c.wants("all, and a second request", "step 1, update, status 1, status 1")
		c.sends(protocol.SyncReply, emptyUpdate)
		c.wants("whose answer has none", "")
		c.sends(protocol.Update, typed(99, 6, "g"))
		c.sends(protocol.Update, typed(99, 4, "ef"))
		pass(3 * time.Second)
		c.wants("out of order", "step 1, update, status 1")
		c.sends(protocol.SyncReply, emptyUpdate)
		pass(time.Second)
		c.wants("in the end each has one", "status 1")
	})
}

// TestCountedAnew shows that a client's step 1 begins a new count: updates without a status have
// none any more, as the client has forgotten them, and its step 2 has one.
func TestCountedAnew(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		c := w.beginCounted(Identity{})
		w.store.fail(errors.New("full"))
		c.sends(protocol.Update, typed(99, 0, "ab"))
		pass(time.Second)
		c.sends(protocol.Update, typed(99, 2, "c"))
		c.sends(protocol.SyncRequest, []byte{0})
		c.sends(protocol.SyncReply, typed(99, 0, "abc"))
		w.store.fail(nil)
		pass(time.Minute)
		c.wants("one", "step 1, step 2, status 1")
	})
}

// TestCountedTooLarge shows the statuses around a document that is full.
func TestCountedTooLarge(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 1000}, func(w *world) {
		c := w.beginCounted(Identity{})
		c.sends(protocol.Update, typed(99, 0, strings.Repeat("a", 2000)))
		pass(time.Second)
		c.wants("refused", "status 0")
		c.sends(protocol.Update, typed(99, 2000, "b"))
		pass(time.Second)
		c.wants("what depends on it, too", "status 0")
		c.TooLong()
		pass(time.Second)
		c.wants("a message that was dropped", "status 0")
	})
}

// TestCountedResume shows that a client that does not know that it was away is asked for its state
// and sent the document, and that its answer has the statuses that it waits for, and no other.
func TestCountedResume(t *testing.T) {
	for waiting := range uint32(3) {
		inWorld(t, Config{}, func(w *world) {
			other := w.joinSynced("r")
			other.types(0, "meanwhile")
			pass(time.Second)
			c := w.joinCounted(Identity{}, &countedConn{waiting: waiting, resumes: true})
			pass(time.Second)
			c.wants("joined", "read-write, step 1, step 2")
			c.sends(protocol.SyncReply, typed(99, 0, "away"))
			pass(time.Second)
			c.wants("came back", strings.TrimSuffix(strings.Repeat("status 1, ", int(waiting)), ", "))
			c.sends(protocol.Update, typed(99, 4, "!"))
			pass(time.Second)
			c.wants("goes on", "status 1")
		})
	}
}

// TestCountedAccess shows that a client is notified when its rights change, and writes from then
// on.
func TestCountedAccess(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		c := w.beginCounted(Identity{ID: "ann", ReadOnly: true})
		c.Become(Identity{ID: "ann"})
		c.wants("may write", "read-write")
		c.sends(protocol.Update, typed(99, 0, "a"))
		pass(time.Second)
		c.wants("writes", "status 1")
		c.Become(Identity{ID: "ann"})
		c.wants("nothing has changed", "")
		c.Become(Identity{ID: "ann", ReadOnly: true})
		c.wants("may not", "readonly")
	})
}

// TestCountedAccessLater shows that a client whose update had nothing new, and was refused as it
// may not write, is asked for its state when it may: its answer has the status that it waits for.
func TestCountedAccessLater(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.beginCounted(Identity{}).sends(protocol.Update, typed(99, 0, "text"))
		pass(time.Second)
		c := w.beginCounted(Identity{ID: "ann", ReadOnly: true})
		c.sends(protocol.Update, typed(99, 0, "text"))
		c.wants("from a store of the browser", "status 0")
		c.Become(Identity{ID: "ann"})
		pass(time.Minute)
		c.wants("may write", "read-write, step 1")
		c.sends(protocol.SyncReply, emptyUpdate)
		c.wants("answered", "status 1")
	})
}

// TestCountedSilence shows that a client is sent something at least every 20 seconds.
func TestCountedSilence(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		c := w.beginCounted(Identity{})
		for range 3 {
			pass(20 * time.Second)
			c.conn.mu.Lock()
			if len(c.conn.got) == 0 {
				t.Error("silence")
			}
			c.conn.got = nil
			c.conn.mu.Unlock()
		}
	})
}

// TestStateless shows that stateless messages go to the other clients that speak the protocol,
// where they are allowed and short enough, and that others are counted, and logged once.
func TestStateless(t *testing.T) {
	inWorld(t, Config{Stateless: []roomkey.Kind{roomkey.Document}, StatelessBytes: 3}, func(w *world) {
		a, b, y := w.beginCounted(Identity{}), w.beginCounted(Identity{ReadOnly: true}), w.joinSynced("r")
		a.sends(protocol.Stateless, []byte("hi"))
		b.sends(protocol.Stateless, []byte("yes"))
		for range 3 {
			a.sends(protocol.Stateless, []byte("long"))
		}
		a.wants("a", "stateless yes")
		b.wants("b", "stateless hi")
		y.wantMessages("others have no form for it")
		if n := w.metric(`realtime_stateless_messages_total{outcome="relayed"}`); n != 2 {
			t.Errorf("%v relayed", n)
		}
		if n := w.metric(`realtime_stateless_messages_total{outcome="too_large"}`); n != 3 {
			t.Errorf("%v too large", n)
		}
		if n := strings.Count(w.out.String(), "stateless message not relayed"); n != 1 {
			t.Errorf("logged %d times", n)
		}
	})
	inWorld(t, Config{}, func(w *world) {
		a, b := w.beginCounted(Identity{}), w.beginCounted(Identity{})
		a.sends(protocol.Stateless, []byte("hi"))
		b.wants("not allowed by default", "")
		if n := w.metric(`realtime_stateless_messages_total{outcome="not_allowed"}`); n != 1 {
			t.Errorf("%v counted", n)
		}
	})
}

// TestStatelessOverflow shows that a client whose queue is full misses stateless messages, and
// nothing else.
func TestStatelessOverflow(t *testing.T) {
	inWorld(t, Config{Stateless: []roomkey.Kind{roomkey.Document}, QueueBytes: 100}, func(w *world) {
		a := w.beginCounted(Identity{})
		conn := &heldConn{gate: make(chan struct{})}
		p, err := w.Join(context.Background(), roomkey.MustParse("r"), conn, protocol.Hocuspocus{}, Identity{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Leave()
		for range 50 {
			a.sends(protocol.Stateless, []byte("twenty characters..."))
		}
		settle()
		if messages, bytes := p.Queued(); bytes > 200 || messages > 10 {
			t.Errorf("%d messages, %d bytes wait", messages, bytes)
		}
		close(conn.gate)
		settle()
		a.wants("the others go on", "")
	})
}

// heldConn writes nothing until its gate is closed.
type heldConn struct {
	countedConn
	gate chan struct{}
}

func (c *heldConn) Write([][]byte, func()) error {
	<-c.gate
	return nil
}

// TestStatelessInvalid shows that a stateless message that is no text is malformed.
func TestStatelessInvalid(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.beginCounted(Identity{})
		if err := a.Deliver(lib0.AppendBytes([]byte{5}, []byte{0xff})); err != nil {
			t.Fatal(err)
		}
		settle()
		if a.conn.charged == 0 {
			t.Error("not charged")
		}
	})
}
