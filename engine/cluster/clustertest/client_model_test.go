package clustertest_test

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
	"github.com/civicpress/civic-realtime/engine"
)

// client is somebody who edits the room, over one connection after the other. Its document outlives
// them. world.mu guards its fields.
type client struct {
	w       *world
	doc     ids
	conn    *conn
	joining bool
	gone    bool
}

// conn is a connection of a client to a node. It is the engine's Conn.
type conn struct {
	c  *client
	at *process

	once   sync.Once
	closed chan struct{}
	queue  chan []byte // from the client
}

// types adds a letter to the document, and sends it if the client is connected.
func (c *client) types() {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if c.gone {
		return
	}
	c.w.last++
	c.doc[c.w.last] = true
	if c.conn != nil {
		c.conn.send(protocol.Update, ids{c.w.last: true}.update())
	}
}

// connects goes to a process, and from there to the one that has the room.
func (c *client) connects(p *process) {
	c.w.mu.Lock()
	if c.gone || c.joining || c.conn != nil || p == nil {
		c.w.mu.Unlock()
		return
	}
	c.joining = true
	c.w.mu.Unlock()
	c.w.all.Go(func() {
		c.join(p)
		c.w.mu.Lock()
		defer c.w.mu.Unlock()
		c.joining = false
	})
}

func (c *client) join(p *process) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	p.awaitResumed()
	at, err := p.route(ctx)
	if err != nil {
		return
	}
	at.awaitResumed()
	cn := &conn{c: c, at: at, closed: make(chan struct{}), queue: make(chan []byte, 10000)}
	peer, err := at.engine.Join(ctx, room, cn, protocol.YWebsocket{}, engine.Identity{})
	if err != nil {
		return
	}
	c.w.mu.Lock()
	if c.gone || at.dead() {
		cn.close()
	} else {
		c.conn = cn
		for id := range c.doc { // it may bring back what was dropped
			delete(c.w.dropped, id)
		}
		cn.send(protocol.SyncRequest, c.doc.stateVector())
	}
	c.w.mu.Unlock()
	c.w.all.Go(func() { cn.pump(peer) })
}

// leaves ends the connection.
func (c *client) leaves() {
	c.w.mu.Lock()
	cn := c.conn
	c.conn = nil
	c.w.mu.Unlock()
	if cn != nil {
		cn.close()
	}
}

// forgets makes a client that is not connected one of a new browser, with an empty document.
func (c *client) forgets() {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if c.conn == nil && !c.joining {
		c.doc = ids{}
	}
}

func (c *conn) close() { c.once.Do(func() { close(c.closed) }) }

// send sends a message to the server.
func (c *conn) send(kind protocol.Kind, body []byte) {
	select {
	case c.queue <- message(kind, body):
	default:
		panic("the queue of a client is full")
	}
}

// pump delivers messages of the client, until the connection is closed.
func (c *conn) pump(peer *engine.Peer) {
	defer peer.Leave()
	for {
		select {
		case m := <-c.queue:
			c.at.awaitResumed()
			if c.isClosed() || peer.Deliver(m) != nil {
				c.Close(nil)
				return
			}
		case <-c.closed:
			return
		}
	}
}

func (c *conn) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// Write implements engine.Conn: it receives frames of the server.
func (c *conn) Write(frames [][]byte, _ func()) error {
	c.at.awaitResumed()
	c.c.w.mu.Lock()
	defer c.c.w.mu.Unlock()
	if c.isClosed() || c.at.dead() {
		return nil
	}
	var message []byte
	for r := bytes.NewReader(bytes.Join(frames, nil)); r.Len() > 0; {
		first, payload, err := rawframe.Read(r)
		if err != nil {
			panic(err)
		}
		if message = append(message, payload...); first&rawframe.Fin != 0 {
			c.receive(message)
			message = nil
		}
	}
	return nil
}

// receive takes a message of the server. world.mu is held.
func (c *conn) receive(payload []byte) {
	for len(payload) > 0 {
		var m protocol.Message
		rest, err := protocol.YWebsocket{}.Next(payload, &m)
		if err != nil {
			panic(err)
		}
		switch m.Kind {
		case protocol.SyncRequest:
			c.send(protocol.SyncReply, c.c.doc.without(inVector(m.Body)).update())
		case protocol.SyncReply, protocol.Update:
			c.c.receive(inUpdate(m.Body))
		}
		payload = rest
	}
}

// receive adds to the document what the server has sent, which counts as seen from then on.
func (c *client) receive(all ids) {
	for id := range all {
		if c.w.dropped[id] {
			c.w.fails("%d was dropped, and is back", id)
			delete(c.w.dropped, id)
		}
	}
	c.doc.add(all)
	c.w.seen.add(all)
}

// Close implements engine.Conn.
func (c *conn) Close(*engine.CloseError) {
	c.close()
	go func() { // the engine's lock may be held, and so may ours
		c.c.w.mu.Lock()
		defer c.c.w.mu.Unlock()
		if c.c.conn == c {
			c.c.conn = nil
		}
	}()
}

// Finish, Renew and Charge implement engine.Conn.
func (c *conn) Finish()      {}
func (c *conn) Renew([]byte) {}
func (c *conn) Charge(int)   {}
