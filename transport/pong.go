package transport

import "github.com/civicpress/civic-realtime/codec/websocket"

// answerPing has a pong written. The newest takes the place of one that waits, as
// RFC 6455, 5.5.3, allows: a client that reads nothing is not owed more. reading is held.
func (c *conn) answerPing(payload []byte) {
	writes := c.pong != nil
	c.pong = appendControl(nil, websocket.OpPong, payload)
	if !writes {
		go c.writePongs()
	}
}

func (c *conn) writePongs() {
	for pong := c.nextPong(); pong != nil; pong = c.nextPong() {
		_ = c.Write([][]byte{pong}, nil)
	}
}

func (c *conn) nextPong() (pong []byte) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if len(c.pong) == 0 {
		c.pong = nil
		return nil
	}
	pong, c.pong = c.pong, []byte{}
	return pong
}

var pingFrame = [][]byte{appendControl(nil, websocket.OpPing, nil)}

// ping writes a ping unless something else is being written, which serves as well.
func (c *conn) ping() {
	if c.mu.TryLock() {
		_ = c.write(pingFrame)
		c.mu.Unlock()
	}
}
