package netpoll

import (
	"bytes"
	"crypto/tls"
	"unsafe"
)

// bufferedBy returns the capacity of the buffers of a TLS connection.
func bufferedBy(c *tls.Conn) (bytesHeld int) {
	for _, offset := range tlsBuffers {
		bytesHeld += (*bytes.Buffer)(unsafe.Add(unsafe.Pointer(c), offset)).Cap()
	}
	return bytesHeld
}
