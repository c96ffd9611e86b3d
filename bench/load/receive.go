package load

import (
	"errors"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

var (
	errStranger = errors.New("update of somebody who is not in the room")
	errRefused  = errors.New("refused")
	errMissing  = errors.New("update refers to what was not sent before")
)

// handle processes a message.
func (c *client) handle(m *protocol.Message, now time.Time) error {
	switch m.Kind {
	case protocol.Update, protocol.SyncReply, protocol.RoomState:
		if err := c.update(m.Body, now); err != nil {
			return err
		}
		if m.Kind != protocol.Update {
			c.once.Do(func() { close(c.joined) })
		}
	case protocol.SyncRequest:
		// It comes at a join, when the client has nothing.
		return c.send(protocol.Message{Kind: protocol.SyncReply, Body: []byte{0, 0}})
	case protocol.Awareness:
		return c.awareness(m.Body)
	case protocol.Failure:
		return fmt.Errorf("%w: %s %s", errRefused, m.Code, m.Text)
	}
	return nil
}

// update counts the new structs of an update.
func (c *client) update(body []byte, now time.Time) error {
	if c.received += len(body); c.guest {
		return nil
	}
	u, err := yjs.CheckUpdate(body)
	if err != nil {
		return err
	}
	delivered := uint64(0)
	for s := range u.Sections() {
		writer := int(int64(s.Client)-firstClient) - c.room*c.fleet.shape.Clients
		if writer < 0 || writer >= c.fleet.shape.Writers {
			return fmt.Errorf("%w: %d", errStranger, s.Client)
		}
		if s.Client != c.id || c.fleet.shape.Clients == 1 {
			delivered += c.receive(writer, span{s.Clock, s.End}, now)
		}
	}
	c.fleet.deliver(delivered)
	return c.keep(u)
}

// receive counts the clocks of a writer that are new, and how late they are.
func (c *client) receive(writer int, s span, now time.Time) (fresh uint64) {
	fresh = c.got[writer].add(s)
	c.fleet.repeated.Add(s.to - s.from - fresh)
	plan := c.fleet.plan.Load()
	if plan == nil {
		return fresh
	}
	for clock := s.to - fresh; clock < s.to; clock++ {
		if plan.covers(clock) {
			due := plan.updateDue(c.room*c.fleet.shape.Writers+writer, clock)
			c.fleet.latency.Load().Add(now.Sub(due))
		}
	}
	return fresh
}

func (c *client) keep(u yjs.CheckedUpdate) error {
	if c.keeps == nil {
		return nil
	}
	return merge(c.keeps, u)
}

func merge(d *ydoc.Doc, u yjs.CheckedUpdate) error {
	out := d.Apply(u)
	d.ClearChanges()
	if out.Missing || out.Dropped {
		return errMissing
	}
	return out.Refused
}

// awareness counts the states of others. A later clock of the client itself is the server's, which
// renewed the state; the client counts on from there.
func (c *client) awareness(body []byte) error {
	a, err := yjs.CheckAwareness(body)
	if err != nil {
		return err
	}
	for e := range a.Entries() {
		if e.Client == c.id {
			c.clock = max(c.clock, e.Clock)
		} else {
			c.fleet.moves.Add(1)
		}
	}
	return nil
}
