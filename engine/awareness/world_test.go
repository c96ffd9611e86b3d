package awareness

import (
	"bytes"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// world is a Room with its peers, and a clock of its own.
type world struct {
	t       *testing.T
	room    Room
	now     time.Time
	clients []*client
	dropped [Limits]int
}

// client is a peer with the messages that it was sent.
type client struct {
	Peer
	w       *world
	inbox   []protocol.Message
	queries int // AwarenessRequests
}

// newWorld returns a Room. Limits that cfg leaves zero are the engine's defaults.
func newWorld(t *testing.T, cfg Config) *world {
	w := &world{t: t, now: time.Unix(1000, 0)}
	defaults := Config{
		Timeout: 30 * time.Second, RenewalInterval: 10 * time.Second,
		ClientsPerPeer: 5, StateBytes: 32 << 10, PeerBytes: 64 << 10, RoomBytes: 4 << 20, SignalBytes: 1 << 10,
	}
	defaults.Disabled, defaults.TrustClients = cfg.Disabled, cfg.TrustClients
	for _, limit := range []struct{ to, from *int }{{&defaults.PeerBytes, &cfg.PeerBytes}, {&defaults.RoomBytes, &cfg.RoomBytes}} {
		if *limit.from != 0 {
			*limit.to = *limit.from
		}
	}
	defaults.Epoch = w.now.Add(-time.Second)
	defaults.Dropped = func(l Limit) { w.dropped[l]++ }
	w.room.Init(&defaults)
	return w
}

// join joins as a user with a token, or as a guest if user is empty.
func (w *world) join(user string) *client { return w.joinAs(user, false) }

func (w *world) joinAs(user string, native bool) *client {
	c := &client{w: w}
	w.clients = append(w.clients, c)
	u := Known(user, "")
	if user == "" {
		u = Guest(uint64(len(w.clients)))
	}
	w.room.Join(&c.Peer, u, user == "", w.now)
	w.room.SetNative(&c.Peer, native, w.now)
	w.room.Users(&c.Peer)
	w.room.SendAll(&c.Peer, c.receive)
	w.now = w.now.Add(time.Millisecond)
	return c
}

func (c *client) receive(m protocol.Message) {
	m.Body = bytes.Clone(m.Body)
	c.inbox = append(c.inbox, m)
}

// send passes an awareness update of c to the room.
func (c *client) send(entries ...yjs.AwarenessEntry) {
	c.w.t.Helper()
	u, err := Check(encode(entries...))
	if err != nil {
		c.w.t.Fatal(err)
	}
	query, _ := c.w.room.Receive(&c.Peer, u, c.w.now, c.receive)
	for _, other := range c.w.clients {
		if query == &other.Peer {
			other.queries++
		}
	}
}

func (c *client) leave() { c.w.room.Leave(&c.Peer, c.w.now) }

// take returns the messages since the last call.
func (c *client) take() []protocol.Message {
	inbox := c.inbox
	c.inbox = nil
	return inbox
}

// states returns the last states in the messages since the last call, by client id.
func (c *client) states() map[uint64]string {
	last := make(map[uint64]string)
	for _, m := range c.take() {
		if m.Kind != protocol.Awareness {
			continue
		}
		u, err := yjs.CheckAwareness(m.Body)
		if err != nil {
			c.w.t.Fatal(err)
		}
		for e := range u.Entries() {
			last[e.Client] = string(e.State)
		}
	}
	return last
}

// pass advances the clock, and flushes the room after each tick.
func (w *world) pass(d time.Duration) {
	end := w.now.Add(d)
	w.flush()
	for next := w.room.NextTick(); !next.IsZero() && !next.After(end); next = w.room.NextTick() {
		w.now = schedule.Latest(w.now, next)
		w.room.Tick(w.now)
		w.flush()
	}
	w.now = end
}

func (w *world) flush() {
	w.room.Flush(func(m Outgoing) {
		for _, c := range w.clients {
			if !c.left && m.IsFor(&c.Peer) {
				c.receive(m.Message)
			}
		}
	})
}

func encode(entries ...yjs.AwarenessEntry) []byte {
	b := yjs.AppendAwarenessHeader(nil, len(entries))
	for _, e := range entries {
		b = yjs.AppendAwarenessEntry(b, e)
	}
	return b
}

// entry returns the entry of one client; state "" is null.
func entry(client, clock uint64, state string) yjs.AwarenessEntry {
	e := yjs.AwarenessEntry{Client: client, Clock: clock}
	if state != "" {
		e.State = []byte(state)
	}
	return e
}

const (
	here  = `{"name":"A"}`
	moved = `{"name":"A","x":1}`
)
