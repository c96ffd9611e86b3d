package load

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// Guest is a client in a room that is in no Report.
type Guest struct{ c *client }

// Visit joins a room and returns when the guest has its document.
func Visit(ctx context.Context, target Target, room string) (*Guest, error) {
	f := &Fleet{target: target, shape: Shape{Rooms: 1, Clients: 1}, reached: make(chan struct{}, 1)}
	f.ctx, f.cancel = context.WithCancel(ctx)
	c := f.newClient(0, 0)
	c.name, c.proto = room, target.Protocol(room)
	c.guest, c.keeps = true, nil
	f.clients = []*client{c}
	if err := c.join(); err != nil {
		f.Close()
		return nil, err
	}
	return &Guest{c}, nil
}

// Put sends an update, of any client, and returns when the room has it.
func (g *Guest) Put(update []byte) error {
	size := g.Received()
	if err := g.c.send(protocol.Message{Kind: protocol.Update, Body: update}); err != nil {
		return err
	}
	if err := g.c.requestAll(); err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	for g.Received() < size+len(update)/2 {
		if time.Now().After(deadline) || g.c.fleet.ctx.Err() != nil {
			return errors.Join(errors.New("the document does not come back"), g.c.fleet.err())
		}
		time.Sleep(time.Millisecond)
	}
	return g.c.fleet.err()
}

// Received returns the number of bytes of updates that the guest has received, of whole messages in
// our own protocols.
func (g *Guest) Received() int {
	g.c.mu.Lock()
	defer g.c.mu.Unlock()
	return g.c.received
}

// Wire returns the number of bytes that the guest has received from the network.
func (g *Guest) Wire() int { return int(g.c.wire.Load()) }

// Leave closes the connection.
func (g *Guest) Leave() { g.c.fleet.Close() }
