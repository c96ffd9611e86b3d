package transport

import (
	"encoding/binary"
	"io"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// stream is the connection as gws sees it.
type stream struct {
	socket
	conn *conn
}

// Read returns first what came along with the handshake, which net/http had read.
// All that is received counts as life, so that a long message may take its time.
func (s *stream) Read(p []byte) (int, error) {
	c := s.conn
	if len(c.early) > 0 {
		n := copy(p, c.early)
		if c.early = c.early[n:]; len(c.early) == 0 {
			c.early = nil
		}
		return n, nil
	}
	n, err := s.socket.Read(p)
	if n > 0 {
		c.heard.Store(c.server.clock.Load())
		c.server.counters.received.Add(n)
	}
	return n, err
}

// Write gets gws' answer to the handshake, whole, and later at most one close
// frame, which is not sent after one of ours.
func (s *stream) Write(p []byte) (int, error) {
	c := s.conn
	if c.socket == nil {
		return len(p), c.answer(p)
	}
	c.startClosing()
	c.inside = false
	c.echoClose(p)
	return len(p), nil
}

// Close codes of RFC 6455, 7.4.1.
const (
	closeGoingAway     = 1001
	closeProtocolError = 1002
	closeInvalidText   = 1007
	closeTooLarge      = 1009
)

// complaints are the codes with which gws says that the client's frames are wrong.
var complaints = map[int]string{
	closeProtocolError: "malformed frame",
	closeInvalidText:   "text is not UTF-8",
	closeTooLarge:      "message too large",
}

// echoClose writes gws' close frame, with words of our own. When it only answers
// the client's, or says that reading failed, the code is enough.
func (c *conn) echoClose(frame []byte) {
	const header, code = 2, 2
	if len(frame) < header+code {
		c.writeLast(frame)
		return
	}
	n := int(binary.BigEndian.Uint16(frame[header:]))
	why := &engine.CloseError{Code: n, Reason: complaints[n]}
	if n == closeTooLarge {
		why.ErrorCode = codec.CodeMessageTooLarge
	}
	if c.writeLast(c.lastFrames(why)...) && why.Reason != "" {
		c.server.counters.closed(n)
	}
}

// answer writes gws' response with the chosen subprotocol added. gws itself
// chooses from a list that is fixed when the Upgrader is made, and its
// connections hold on to the Upgrader's configuration, so that one Upgrader per
// handshake would cost every idle connection half a kilobyte. This costs it an
// empty string.
func (c *conn) answer(response []byte) error {
	if c.subprotocol != "" {
		const emptyLine = 2
		head := response[:len(response)-emptyLine]
		response = append(head[:len(head):len(head)], protocolHeader+": "+c.subprotocol+"\r\n\r\n"...)
	}
	_, err := c.tcp.Write(response)
	return err
}

// Close is called by gws, on the read goroutine, when reading has ended and its
// close frame is written. TCP resets a connection that is closed while received
// bytes are unread, and the client may then never see the frame: so what still
// comes is read and dropped until the client closes or CloseTimeout is over.
func (s *stream) Close() error {
	c := s.conn
	c.inside = false
	c.leave()
	c.startClosing()
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, s.Conn)
	return s.Conn.Close()
}
