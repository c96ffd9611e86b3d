package netpoll

const (
	// readBuffer is the size of the buffer into which a poller reads for all its connections.
	readBuffer = 64 << 10
	// bulkPending is how many bytes of a message must be missing for its connection to be in the
	// set bulk.
	bulkPending = readBuffer / 4
)

// slice returns the part of buf to read into: as long as the missing part of a message that has
// begun, and little longer.
func (c *pollConn) slice(buf []byte) []byte {
	return buf[:min(len(buf), FirstRead+c.handler.Pending())]
}
