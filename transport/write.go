package transport

import (
	"errors"
	"net"
	"os"
	"sync"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// Write writes whole frames. It calls waits, which may be nil, before it has to wait. It fails when
// the client has taken nothing for Config.StallTimeout.
func (c *conn) Write(frames [][]byte, waits func()) error {
	if !c.mu.TryLock() {
		if waits != nil {
			waits()
		}
		c.mu.Lock()
	}
	defer c.mu.Unlock()
	c.beforeWait = waits
	err := c.write(frames)
	c.beforeWait = nil
	return err
}

// write writes whole frames; mu is held. After an error the connection is dead.
func (c *conn) write(frames [][]byte) error {
	if c.noMoreWrites {
		return net.ErrClosed
	}
	err := c.writeSteps(frames)
	if c.writeWaits.Load() != idle {
		c.writeWaits.Store(idle)
	}
	if err == nil {
		c.sent.Store(c.server.clock.Load())
		c.countSent(frames)
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && !c.closing.Load() {
		c.server.counters.stalled.Inc()
		c.endReason.CompareAndSwap(int32(connectionLost), int32(clientStalled))
		err = errStalled
	}
	c.noMoreWrites = true
	c.abort()
	return err
}

// countSent counts frames that were written.
func (c *conn) countSent(frames [][]byte) {
	n := 0
	for _, f := range frames {
		n += len(f)
	}
	c.sentBytes.Add(uint64(n))
	c.sentMessages.Add(uint32(len(frames)))
}

var errStalled = errors.New("client takes nothing")

// abort ends the connection without a close frame.
func (c *conn) abort() {
	c.closing.Store(true)
	c.sock.Shutdown()
	c.release()
}

const (
	// maxJoined is how many frames go into one system call.
	maxJoined = 16
	// maxWrite is about how many bytes go into one system call. A write counts as stalled when the
	// client has taken no byte of it for too long; without a poller that is known only when the
	// kernel has taken all bytes of a call.
	maxWrite = 64 << 10
)

// writeSteps writes frames in several calls, so that a slow client can be told from one that takes
// nothing; mu is held.
func (c *conn) writeSteps(frames [][]byte) error {
	for len(frames) > 0 {
		n := step(frames)
		var err error
		if n == 1 {
			err = c.writeLong(frames[0])
		} else {
			err = c.writeJoined(frames[:n])
		}
		if err != nil {
			return err
		}
		frames = frames[n:]
	}
	return nil
}

// step returns how many of frames to write with one call, at least one.
func step(frames [][]byte) (n int) {
	size := 0
	for n < len(frames) && n < maxJoined {
		if size += len(frames[n]); size > maxWrite && n > 0 {
			break
		}
		n++
	}
	return n
}

func (c *conn) writeLong(frame []byte) error {
	for len(frame) > 0 {
		n := min(len(frame), maxWrite)
		if err := c.sock.Write(frame[:n]); err != nil {
			return err
		}
		frame = frame[n:]
	}
	return nil
}

// joinBuffers are the buffers that frames are joined in.
var joinBuffers = sync.Pool{New: func() any { return new([]byte) }}

// writeJoined writes up to maxJoined frames with one system call. Copying them costs less than
// passing the kernel a list of them.
func (c *conn) writeJoined(frames [][]byte) error {
	buf := joinBuffers.Get().(*[]byte)
	defer joinBuffers.Put(buf)
	*buf = (*buf)[:0]
	for _, f := range frames {
		*buf = append(*buf, f...)
	}
	return c.sock.Write(*buf)
}

// appendFrames appends a message as frames of the connection's protocol. It appends none if the
// protocol has no form for the message.
func (c *conn) appendFrames(frames [][]byte, m protocol.Message) [][]byte {
	p := c.speaks()
	buf := p.Append(make([]byte, websocket.MaxHeader), m)
	if len(buf) == websocket.MaxHeader {
		return frames
	}
	return append(frames, websocket.WrapMessage(buf, p.Text()))
}

// send writes a message of the transport itself.
func (c *conn) send(m protocol.Message) {
	if frames := c.appendFrames(nil, m); len(frames) > 0 {
		_ = c.Write(frames, nil)
	}
}

// sendFailure sends an error that does not close the connection.
func (c *conn) sendFailure(code, reason string) {
	c.send(protocol.Message{Kind: protocol.Failure, Code: code, Text: reason})
}

// answerPing answers a ping. The pong replaces one that still waits to be written, as RFC 6455,
// 5.5.3, allows, so that a client that reads nothing cannot queue many. reading is held.
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

// ping writes a ping, unless something is being written, which is as good as a ping.
func (c *conn) ping() {
	if c.mu.TryLock() {
		_ = c.write(pingFrame)
		c.mu.Unlock()
	}
}

// appendControl appends an unmasked control frame; payload has at most 125 bytes.
func appendControl(dst []byte, op websocket.Opcode, payload []byte) []byte {
	return append(websocket.AppendHeader(dst, op, true, len(payload)), payload...)
}

func closeFrame(code int, reason string) []byte {
	if code == closeNoStatus {
		return appendControl(nil, websocket.OpClose, nil)
	}
	payload := make([]byte, 0, 2+websocket.MaxCloseReason)
	payload = websocket.AppendClosePayload(payload, code, reason)
	return appendControl(nil, websocket.OpClose, payload)
}
