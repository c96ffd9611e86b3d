package transport

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// Close sends a close frame. The connection ends when the client has sent its own, or after
// Config.CloseTimeout. If the client may come back at once and cause the same close, the close is
// held back, longer each time. Close may be called from any goroutine, and does not block.
func (c *conn) Close(why *engine.CloseError) {
	if mayRecur(why.Code) {
		go c.closeRepeatable(why) // the caller may hold reading
		return
	}
	c.closeNow(why)
}

func (c *conn) closeRepeatable(why *engine.CloseError) {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.closeForError(why)
}

// closeNow is Close for a close that is never held back.
func (c *conn) closeNow(why *engine.CloseError) {
	if c.startClosingFor(why) {
		go c.sendClose(why)
	}
}

// startClosingFor is startClosing for a close by the server.
func (c *conn) startClosingFor(why *engine.CloseError) (first bool) {
	return c.startClosing(c.server.closeCode(why), reasonOf(why))
}

// startClosing begins the close, and reports whether the caller is the first to do so. From here on
// the write in progress, the close frame with this code and the client's answer may take
// CloseTimeout in all.
func (c *conn) startClosing(code int, reason endReason) (first bool) {
	c.code.CompareAndSwap(0, int32(code))
	c.endReason.CompareAndSwap(int32(connectionLost), int32(reason))
	if !c.closing.CompareAndSwap(false, true) {
		return false
	}
	c.Finish()
	c.release()
	return true
}

// Finish ends the connection after Config.CloseTimeout from its first call at the latest.
func (c *conn) Finish() {
	if c.closeTimer.Load() != nil {
		return
	}
	timer := time.AfterFunc(c.server.cfg().CloseTimeout, c.abort)
	if !c.closeTimer.CompareAndSwap(nil, timer) {
		timer.Stop()
	}
}

func (c *conn) sendClose(why *engine.CloseError) {
	if c.writeFinal(c.closeFrames(why)...) {
		c.server.counters.closed(c.server.closeCode(why))
	}
}

// closeFrames returns the frames of a close: the protocol's messages about it, and the close frame.
func (c *conn) closeFrames(why *engine.CloseError) (frames [][]byte) {
	for _, m := range why.LastWords() {
		frames = c.appendFrames(frames, m)
	}
	return append(frames, closeFrame(c.server.closeCode(why), why.Reason))
}

// writeFinal writes frames of which the last is a close frame, unless one has been written before.
func (c *conn) writeFinal(frames ...[]byte) (written bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.write(frames)
	if c.noMoreWrites = true; c.closesWrite {
		c.closeWrite()
	}
	return err == nil
}

// receiveClose answers the client's close frame, which may itself be an answer; reading is held.
func (c *conn) receiveClose(payload []byte) {
	code, err := websocket.ParseClosePayload(payload)
	if err != nil {
		c.malformed(err)
		return
	}
	if c.startClosing(code, clientClosed) {
		go c.writeFinal(closeFrame(code, ""))
	}
	c.discardInput()
}

// malformed closes the connection of a client that violates the framing; reading is held.
func (c *conn) malformed(err error) {
	c.server.counters.malformed.Inc()
	c.refuseFrames(frameError(err))
}

var errTooLarge = &engine.CloseError{Code: closeTooLarge,
	Reason: "message too large", ErrorCode: protocol.CodeMessageTooLarge}

func frameError(err error) *engine.CloseError {
	switch {
	case errors.Is(err, websocket.ErrTooLarge):
		return errTooLarge
	case errors.Is(err, websocket.ErrUTF8):
		return &engine.CloseError{Code: closeInvalidText, Reason: "text is not UTF-8"}
	}
	return &engine.CloseError{Code: closeProtocolError, Reason: "malformed frame"}
}

// discardInput makes the connection drop everything that comes from now on, and ends the direction
// to the client when the close frame is written; reading is held. TCP resets a connection that is
// closed while received bytes are unread, and the client may then never see the close frame. So
// bytes are read and dropped until the client closes, or CloseTimeout is over.
func (c *conn) discardInput() {
	c.phase = discarding
	c.frames = websocket.Reader{}
	c.releaseReservation()
	c.leaveRooms()
	go c.closeWriteWhenDone()
}

// closeWriteWhenDone ends the direction to the client after the write in progress.
func (c *conn) closeWriteWhenDone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closesWrite = true; c.noMoreWrites {
		c.closeWrite()
	}
}

// closeWrite ends the direction to the client; mu is held. Over TLS that writes, so it must not
// come after the end: the socket's number may be another's by then.
func (c *conn) closeWrite() {
	if !c.ended {
		c.sock.CloseWrite()
	}
}

// rescue is deferred by goroutines that process input of a client. After a panic it closes the
// connection, so that one client cannot end the process.
func (c *conn) rescue() {
	p := recover()
	if p == nil {
		return
	}
	c.server.counters.panics.Inc()
	c.server.log.Error("panic: "+fmt.Sprint(p),
		slog.String("remote", c.remote()), slog.String("stack", string(debug.Stack())))
	c.Close(&engine.CloseError{Code: engine.CloseInternal, Reason: "internal error"})
}

// closeAfterMessages closes the connection when the messages are written that wait for its client.
func (c *conn) closeAfterMessages(why *engine.CloseError) {
	inRoom := false
	for _, s := range c.sessions() {
		if p := s.peer(); p != nil {
			inRoom = true
			p.Close(why)
		}
	}
	if !inRoom {
		c.Close(why)
	}
}
