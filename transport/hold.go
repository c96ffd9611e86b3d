package transport

// Hold implements engine.Conn. The kernel then counts the connection as readable
// only when holdBytes have come, or the client has closed it.
func (c *conn) Hold(on bool) {
	raw := c.stream.raw
	if raw == nil {
		return
	}
	c.held.Store(on)
	if on {
		_ = raw.Control(hold)
	}
	if !on || c.closing.Load() {
		_ = raw.Control(letGo)
	}
}

// holdBytes is how much a client may send without being read.
const holdBytes = 4 << 10

func hold(fd uintptr)  { setLowWater(fd, holdBytes) }
func letGo(fd uintptr) { setLowWater(fd, 1) }
