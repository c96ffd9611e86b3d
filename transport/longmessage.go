package transport

import "github.com/civicpress/civic-realtime/engine"

// deliverLong gives a long message to the room, in its turn among the long ones. What has
// to wait for the room's lock waits out of turn. reading is held.
func (c *conn) deliverLong(payload []byte) error {
	left, err := c.deliverInTurn(payload)
	if err != nil || left == nil {
		return err
	}
	return c.session.peer.DeliverRest(left)
}

func (c *conn) deliverInTurn(payload []byte) (left *engine.Undelivered, err error) {
	c.server.longMessages.Acquire()
	defer c.server.longMessages.Release()
	return c.session.peer.TryDeliver(payload)
}
