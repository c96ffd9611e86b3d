package limit

import (
	"io"
	"net"
	"time"
)

// looksLikeTLS reports whether a connection that begins with b may be one of TLS: no method of HTTP
// begins with a control character.
func looksLikeTLS(b byte) bool { return b < ' ' }

// plainGrace is how long the rest of a request may take that comes without TLS.
const plainGrace = 500 * time.Millisecond

// longestPlain is how many bytes of such a request are read.
const longestPlain = 64 << 10

// closePlain closes the connection of a client that speaks HTTP to a Listener for TLS, which
// net/http has answered with 400. It reads the rest of the request, as the client would be sent a
// reset in place of the answer otherwise.
func closePlain(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = c.SetReadDeadline(time.Now().Add(plainGrace))
		_, _ = io.CopyN(io.Discard, c, longestPlain)
	}
	return c.Close()
}
