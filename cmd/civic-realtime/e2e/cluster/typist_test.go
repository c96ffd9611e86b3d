package cluster

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// typist is a client in Go that keeps one document for the whole test, as a page does: it types
// words into a paragraph of its own and deletes some, also while it is not connected, and comes
// back whenever its connection ends.
type typist struct {
	h      *history
	wire   wire
	id     uint64        // in documents
	rest   time.Duration // between two edits
	target string        // of requests
	// route returns the address for the next connection; "": none takes clients now.
	route  func(attempt int) string
	random *rand.Rand // used by edit only
	leave  func()     // ends its connection, and that it comes back
	away   bool       // has left; used by the test's goroutine

	mu       sync.Mutex // guards everything below
	doc      ydoc.Doc   // everything that it has
	next     uint64     // the clock of its next edit
	para     *yjs.ID    // the text of its paragraph
	words    []ownWord  // in that paragraph, not deleted
	typed    []string   // all words
	conn     net.Conn   // nil while nothing may be sent
	more     int        // replies that the document needs
	unacked  [][]byte   // updates of this connection, without the acknowledged ones; JSON
	acked    uint64     // clock below which everything was acknowledged
	sent     []edit     // that were not acknowledged, in order
	onlyRead bool       // types nothing
	erases   bool       // deletes only
	still    bool       // has stopped typing
	synced   time.Time  // when it was last in sync with a server
	last     time.Time  // when the last word that was acknowledged was typed
	waits    []waited   // the edits that waited longest
	closes   []closed
	broken   []string // connections that ended without a close frame, and attempts that failed
	faults   []string // what must not happen to a client
}

type ownWord struct {
	text  string
	clock uint64
}

// edit is a word that was typed, and when.
type edit struct {
	end uint64 // the clock after it
	at  time.Time
}

// waited is how long an edit waited for its acknowledgement.
type waited struct {
	at   time.Time
	for_ time.Duration
}

// closed is a close frame.
type closed struct {
	code   int
	reason string
	at     time.Time
}

const (
	// silence is the time without a message after which a client that types gives a connection up,
	// and quiet that of one that does not, as y-websocket.
	silence = 6 * time.Second
	quiet   = 30 * time.Second
	// reconnecting is the least pause between two connections; as much again is random.
	reconnecting = 50 * time.Millisecond
)

func (c *typist) inSync() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn != nil && !c.synced.IsZero() && c.more <= 0
}

// run keeps a connection until ctx is done.
func (c *typist) run(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		addr := c.route(attempt)
		if addr != "" {
			if err := c.session(ctx, addr); err != nil && ctx.Err() == nil {
				c.mu.Lock()
				c.broken = append(c.broken, fmt.Sprintf("%s %v", time.Now().Format(time.StampMilli), err))
				c.mu.Unlock()
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(reconnecting + rand.N(reconnecting)):
		}
	}
}

// session is one connection. Its error is nil if the server has ended it with a close frame.
func (c *typist) session(ctx context.Context, addr string) error {
	conn, r, err := handshake(ctx, addr, c.target, c.wire)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer c.disconnected()
	c.mu.Lock()
	have := c.doc.AppendStateVector(nil)
	c.mu.Unlock()
	if c.wire.name() == (yWebsocket{}).name() {
		c.write(conn, protocol.SyncRequest, have)
	}
	return c.read(conn, r)
}

// read processes what the server sends until the connection ends.
func (c *typist) read(conn net.Conn, r *bufio.Reader) error {
	var parts []byte // of a message in several frames
	for {
		_ = conn.SetReadDeadline(time.Now().Add(c.tolerance()))
		head, payload, err := rawframe.Read(r)
		if err != nil {
			return fmt.Errorf("ended without a close frame: %w", err)
		}
		switch op := rawframe.Opcode(head); {
		case op == rawframe.Close:
			code, reason := rawframe.CloseCode(payload)
			_, _ = conn.Write(rawframe.Masked(rawframe.Fin|rawframe.Close, payload))
			c.closed(closed{code, reason, time.Now()})
			return nil
		case op == rawframe.Ping:
			c.mu.Lock()
			_, _ = conn.Write(rawframe.Masked(rawframe.Fin|rawframe.Pong, payload))
			c.mu.Unlock()
		case op == rawframe.Binary || op == rawframe.Text || op == 0:
			if parts = append(parts, payload...); head&rawframe.Fin == 0 {
				continue
			}
			m, err := c.wire.decode(parts)
			if err == nil {
				err = c.receive(conn, m)
			}
			if err != nil {
				c.fault("a message cannot be read: " + err.Error())
				return err
			}
			parts = nil
		}
	}
}

func (c *typist) tolerance() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.still || c.onlyRead {
		return quiet
	}
	return silence
}

// closed notes a close frame. After codes of the range 4000 to 4499 a client does not come back.
func (c *typist) closed(e closed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closes = append(c.closes, e)
	if e.code >= 4000 && e.code < 4500 {
		c.faults = append(c.faults, fmt.Sprintf("closed for good: %d %s", e.code, e.reason))
	}
}

func (c *typist) fault(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, what)
}

func (c *typist) disconnected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn, c.unacked, c.more = nil, nil, 0
}

// write sends a message. An error is left to the reader.
func (c *typist) write(conn net.Conn, k protocol.Kind, body []byte) {
	first, payload := c.wire.encode(k, body)
	_ = conn.SetWriteDeadline(time.Now().Add(silence))
	_, _ = conn.Write(rawframe.Masked(first, payload))
}

// receive processes a message.
func (c *typist) receive(conn net.Conn, m message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch m.kind {
	case protocol.Update, protocol.SyncReply:
		if err := c.apply(m.body); err != nil {
			return err
		}
		if c.more--; c.more <= 0 {
			c.synced = time.Now()
		}
	case protocol.RoomState:
		if err := c.apply(m.body); err != nil {
			return err
		}
		if c.more = m.count; c.more == 0 {
			c.synced = time.Now()
		}
		return c.give(conn, m.vector)
	case protocol.SyncRequest:
		return c.give(conn, m.body)
	case protocol.Ack:
		for ; m.count > 0 && len(c.unacked) > 0; m.count-- {
			u := yjs.Trust(c.unacked[0])
			c.unacked = c.unacked[1:]
			c.h.show(u)
			c.acknowledge(u)
		}
	}
	return nil
}

// apply merges an update of the server; mu is held.
func (c *typist) apply(body []byte) error {
	u, err := yjs.CheckUpdate(body)
	if err != nil {
		return err
	}
	c.doc.Apply(u)
	c.h.show(u)
	c.acknowledge(u)
	if c.para != nil && deletes(u, *c.para) {
		c.para, c.words = nil, nil // by a rebase: its words are in another paragraph
	}
	return nil
}

// deletes reports whether an update deletes a unit.
func deletes(u yjs.CheckedUpdate, id yjs.ID) bool {
	for _, r := range deletedIn(u) {
		if r.Client == id.Client && r.Clock <= id.Clock && id.Clock < r.End {
			return true
		}
	}
	return false
}

// acknowledge notes which of the own edits an update has, as it is from the server; mu is held.
func (c *typist) acknowledge(u yjs.CheckedUpdate) {
	for s := range u.Sections() {
		if s.Client == c.id && s.Clock <= c.acked {
			c.acknowledged(s.End)
		}
	}
}

// acknowledged notes that everything below a clock is acknowledged; mu is held.
func (c *typist) acknowledged(clock uint64) {
	c.acked = max(c.acked, clock)
	now := time.Now()
	for len(c.sent) > 0 && c.sent[0].end <= c.acked {
		c.last = c.sent[0].at
		c.waits = append(c.waits, waited{c.sent[0].at, now.Sub(c.sent[0].at)})
		c.sent = c.sent[1:]
	}
}

// give sends what a server lacks that has a state vector, and lets edits follow; mu is held.
func (c *typist) give(conn net.Conn, vector []byte) error {
	if vector == nil {
		vector = []byte{0}
	}
	has, err := yjs.ParseStateVector(nil, vector)
	if err != nil {
		return err
	}
	if clock, _ := has.Clock(c.id); clock > 0 {
		c.acknowledged(clock)
	}
	c.conn = conn
	if lacks := c.doc.AppendDiff(nil, has); len(lacks) > 2 {
		c.send(protocol.SyncReply, lacks)
	} else if c.wire.name() == (yWebsocket{}).name() {
		c.write(conn, protocol.SyncReply, []byte{0, 0})
	}
	return nil
}

// send sends an update if the client is connected; mu is held.
func (c *typist) send(k protocol.Kind, update []byte) {
	if c.conn == nil {
		return
	}
	c.unacked = append(c.unacked, update)
	c.write(c.conn, k, update)
}

// typing makes an edit now and then until ctx is done or the client is still.
func (c *typist) typing(ctx context.Context) {
	for ctx.Err() == nil {
		c.mu.Lock()
		still := c.still
		if !still && !c.synced.IsZero() && !c.onlyRead {
			c.edit()
		}
		c.mu.Unlock()
		if still {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(c.rest/2 + rand.N(c.rest)):
		}
	}
}

// edit types a word, or deletes one; mu is held.
func (c *typist) edit() {
	if len(c.words) > 0 && (c.erases || len(c.words) > 2 && c.random.IntN(4) == 0) {
		c.erase(c.random.IntN(len(c.words)))
		return
	}
	if c.erases {
		return
	}
	text := fmt.Sprintf("u%dn%d", c.id, c.next)
	w := (markdown.Schema{}).NewWriterAt(yjs.ID{Client: c.id, Clock: c.next})
	first := c.next
	if c.para == nil {
		place := markdown.Place{Parent: markdown.Schema{}.InRoot()}
		w.Nodes(&place, []markdown.Node{{Name: markdown.Paragraph, Content: []markdown.Node{{Name: markdown.Text, Text: text + " "}}}})
		c.para = &yjs.ID{Client: c.id, Clock: first + 1}
		first += 2
	} else {
		place := markdown.Place{Left: yjs.ID{Client: c.id, Clock: c.next - 1}, HasLeft: true}
		w.String(&place, text+" ")
	}
	c.next += w.Len()
	c.words = append(c.words, ownWord{text, first})
	c.sent = append(c.sent, edit{c.next, time.Now()})
	c.typed = append(c.typed, text)
	c.h.type_(text)
	c.mine(yjs.AppendDeletes(w.AppendSections(nil), nil))
}

// erase deletes a word; mu is held.
func (c *typist) erase(i int) {
	w := c.words[i]
	c.words = append(c.words[:i], c.words[i+1:]...)
	c.h.delete(w.text)
	c.mine(yjs.AppendDeletes([]byte{0}, []yjs.DeleteRange{{Client: c.id, Clock: w.clock, End: w.clock + uint64(len(w.text)) + 1}}))
}

// mine merges and sends an own edit; mu is held.
func (c *typist) mine(update []byte) {
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		c.faults = append(c.faults, fmt.Sprintf("own edit %x: %v", update, err))
		return
	}
	c.doc.Apply(u)
	c.send(protocol.Update, update)
}
