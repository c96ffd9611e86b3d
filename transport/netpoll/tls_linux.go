package netpoll

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// secureSocket is the TLS layer of a pollConn, and the net.Conn that crypto/tls reads and writes
// once the handshake is over. Neither direction waits: a Read without input fails with
// errNoInput, which crypto/tls takes for temporary, and a Write keeps what the socket has no room
// for. So crypto/tls holds its locks for moments only, and the poller may read a connection, and
// answer a key update, while a pollConn.Write waits.
type secureSocket struct {
	c   *pollConn
	tls *tls.Conn

	// Guarded by pollConn.lock.
	budget int  // bytes that may still be read before others are read
	more   bool // crypto/tls may hold records that the kernel will not report again

	mu      sync.Mutex // a leaf; guards everything below
	unsent  []byte     // records that the socket had no room for
	flushes bool       // a flush is sending earlier ones
	failed  error      // of a flush: half a record may have been sent
}

// maxRecord is the length in bytes of the longest content of a record (RFC 8446, 5.1).
const maxRecord = 16 << 10

// maxUnsent bounds secureSocket.unsent: a record, and alerts and answers to key updates.
const maxUnsent = 2 * maxRecord

// errNoInput is a net.Error that is temporary, so crypto/tls goes on at the next Read.
var errNoInput net.Error = noInput{}

type noInput struct{}

func (noInput) Error() string   { return "no input" }
func (noInput) Timeout() bool   { return true }
func (noInput) Temporary() bool { return true }

var errUnsent = errors.New("too many answers to key updates wait for the client")

// addTLS puts a TLS layer over c, which has the socket of wire. Records may have been read already,
// with the end of the handshake.
func (c *pollConn) addTLS(over *tls.Conn, wire *Wire) {
	c.secure = &secureSocket{c: c, tls: over, more: true}
	wire.Conn = c.secure
}

// readRecords reads input as pollConn.readPieces does. When it returns, crypto/tls holds no whole
// record, unless the connection is not watched any more.
func (s *secureSocket) readRecords(buf []byte, now time.Time) (cost int) {
	c := s.c
	s.budget, s.more = readTurn, false
	for c.in != setNone {
		if c.cut.Load() {
			c.handler.Closed() // and the input stays unread, as in readPieces
			return cost
		}
		n, err := s.tls.Read(c.slice(buf))
		if n > 0 {
			cost += c.handler.Receive(buf[:n])
			c.pace(now)
		}
		switch {
		case err == nil:
		case errors.Is(err, errNoInput):
			freeTLSBuffers(s.tls)
			return cost
		default:
			c.handler.Closed()
			return cost
		}
	}
	s.more = true
	return cost
}

// readMore reads the records that crypto/tls holds when the connection is watched again. It runs on
// a goroutine of its own, as only the kernel can make the poller read.
func (c *pollConn) readMore() {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.in == setNone || c.in == setHangup || !c.secure.more {
		return
	}
	buf := moreBuffers.Get().(*[readBuffer]byte)
	defer moreBuffers.Put(buf)
	c.secure.readRecords(buf[:], time.Now())
}

var moreBuffers = sync.Pool{New: func() any { return new([readBuffer]byte) }}

// Read implements net.Conn for crypto/tls; pollConn.lock is held.
func (s *secureSocket) Read(p []byte) (int, error) {
	if s.budget <= 0 {
		return 0, errNoInput
	}
	p = p[:min(len(p), s.budget)]
	n, errno := readFD(s.c.fd, p)
	switch {
	case errno == unix.EAGAIN:
		return 0, errNoInput
	case errno != 0:
		return 0, os.NewSyscallError("read", errno)
	case n == 0:
		return 0, io.EOF
	}
	if s.budget -= n; n < len(p) {
		s.budget = 0 // there was no more
	}
	return n, nil
}

// write is pollConn.Write.
func (s *secureSocket) write(p []byte) error {
	for len(p) > 0 {
		n := min(len(p), maxRecord)
		if _, err := s.tls.Write(p[:n]); err != nil {
			return err
		}
		if err := s.flush(); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// Write implements net.Conn for crypto/tls: it writes whole records, or keeps them for the next
// flush.
func (s *secureSocket) Write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n = len(p); s.failed != nil {
		return 0, s.failed
	}
	for len(p) > 0 && len(s.unsent) == 0 && !s.flushes {
		sent, errno := writeFD(s.c.fd, p)
		if errno == unix.EAGAIN {
			break
		}
		if errno != 0 {
			return 0, os.NewSyscallError("write", errno)
		}
		p = p[sent:]
	}
	if len(s.unsent)+len(p) > maxUnsent {
		return 0, errUnsent
	}
	s.unsent = append(s.unsent, p...)
	return n, nil
}

// flush writes everything that is unsent, as pollConn.Write does. Only one call may be in progress.
func (s *secureSocket) flush() error {
	for unsent := s.takeUnsent(); len(unsent) > 0; unsent = s.takeUnsent() {
		if err := s.c.writeWaiting(unsent); err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.unsent, s.failed = nil, err
			return err
		}
	}
	return nil
}

// takeUnsent returns what is to be flushed next. Until it returns nothing, records that are written
// come after that.
func (s *secureSocket) takeUnsent() (unsent []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	unsent, s.unsent = s.unsent, nil
	s.flushes = len(unsent) > 0
	return unsent
}

// closeWrite is pollConn.CloseWrite. The client is sent the alert close_notify.
func (s *secureSocket) closeWrite() {
	if s.tls.CloseWrite() == nil {
		_ = s.flush()
	}
	s.c.shutdown(unix.SHUT_WR)
}

// Close and the methods below implement net.Conn. crypto/tls calls no other than SetWriteDeadline,
// before it writes an alert, which does not wait here.
func (s *secureSocket) Close() error                     { return nil }
func (s *secureSocket) LocalAddr() net.Addr              { return nil }
func (s *secureSocket) RemoteAddr() net.Addr             { return nil }
func (s *secureSocket) SetDeadline(time.Time) error      { return nil }
func (s *secureSocket) SetReadDeadline(time.Time) error  { return nil }
func (s *secureSocket) SetWriteDeadline(time.Time) error { return nil }
