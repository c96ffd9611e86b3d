package limit

import "io"

// refusedTLS is a connection over the rate of its address to a Listener that speaks TLS. Its first
// Read waits for the client's hello, answers it with an alert and returns io.EOF, so that net/http
// closes the connection. Without the hello the client would be sent a reset in place of the alert.
type refusedTLS struct {
	*Handshake
}

// tlsAlert is a record with the fatal alert internal_error (RFC 8446, 6.2), for which clients show
// that the server fails. access_denied would make browsers ask for a client certificate.
const tlsAlert = "\x15\x03\x03\x00\x02\x02\x50"

const (
	recordHeader = 5
	longestHello = 1 << 14
)

// Read implements net.Conn.
func (r *refusedTLS) Read([]byte) (int, error) {
	var header [recordHeader]byte
	if _, err := io.ReadFull(r.Handshake, header[:]); err != nil {
		return 0, err
	}
	if size := int64(header[3])<<8 | int64(header[4]); size <= longestHello {
		if _, err := io.CopyN(io.Discard, r.Handshake, size); err != nil {
			return 0, err
		}
	}
	if overRate := r.listener.cfg.OverRate; overRate != nil {
		overRate(r.Conn)
	}
	_, _ = io.WriteString(r.Conn, tlsAlert) // does not block: the send buffer is empty
	return 0, io.EOF
}
