package transport

import (
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// Close implements engine.Conn. Once the client's close frame has come, or
// CloseTimeout is over, the connection ends. What a client may come back with at once, to be closed for it
// again, closes it later each time.
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

// closeNow closes the connection without holding that back.
func (c *conn) closeNow(why *engine.CloseError) {
	if c.startClosing(c.server.closeCode(why)) {
		go c.sendClose(why)
	}
}

// startClosing says whether the caller is the first to close. From here on all
// that is left to do has CloseTimeout: a write in progress, the close frame, the
// client's answer. code is that of the close frame.
func (c *conn) startClosing(code int) (first bool) {
	c.code.CompareAndSwap(0, int32(code))
	if !c.closing.CompareAndSwap(false, true) {
		return false
	}
	c.Finish()
	c.release()
	return true
}

// Finish implements engine.Conn. The time that is left counts from the first call.
func (c *conn) Finish() {
	if c.closeTimer.Load() != nil {
		return
	}
	fuse := time.AfterFunc(c.server.cfg.CloseTimeout, c.abort)
	if !c.closeTimer.CompareAndSwap(nil, fuse) {
		fuse.Stop()
	}
}

func (c *conn) sendClose(why *engine.CloseError) {
	if c.writeFinal(c.closeFrames(why)...) {
		c.server.counters.closed(c.server.closeCode(why))
	}
}

// closeFrames ends in a close frame.
func (c *conn) closeFrames(why *engine.CloseError) (frames [][]byte) {
	for _, m := range why.LastWords() {
		frames = c.appendFrames(frames, m)
	}
	return append(frames, closeFrame(c.server.closeCode(why), why.Reason))
}

// writeFinal writes frames that end in a close frame, after which nothing may follow, unless it comes too late itself.
func (c *conn) writeFinal(frames ...[]byte) (written bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.write(frames)
	if c.noMoreWrites = true; c.closesWrite {
		c.sock.CloseWrite()
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
	if c.startClosing(code) {
		go c.writeFinal(closeFrame(code, ""))
	}
	c.discardInput()
}

// malformed closes the connection of a client whose frames are wrong; reading is held.
func (c *conn) malformed(err error) {
	c.server.counters.malformed.Inc()
	c.refuseFrames(frameError(err))
}

func frameError(err error) *engine.CloseError {
	switch {
	case errors.Is(err, websocket.ErrTooLarge):
		return &engine.CloseError{Code: closeTooLarge, Reason: "message too large", ErrorCode: protocol.CodeMessageTooLarge}
	case errors.Is(err, websocket.ErrUTF8):
		return &engine.CloseError{Code: closeInvalidText, Reason: "text is not UTF-8"}
	}
	return &engine.CloseError{Code: closeProtocolError, Reason: "malformed frame"}
}

// discardInput has nothing more dealt with, and this direction ended when the close frame is
// written; reading is held. TCP resets a connection that is closed while received
// bytes are unread, and the client may then never see the frame: so what still
// comes is read and dropped until the client closes, or CloseTimeout is over.
func (c *conn) discardInput() {
	c.phase = discarding
	c.frames = websocket.Reader{}
	c.releaseReservation()
	c.session.leave()
	go c.closeWriteWhenDone()
}

// closeWriteWhenDone waits for a write in progress.
func (c *conn) closeWriteWhenDone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closesWrite = true; c.noMoreWrites {
		c.sock.CloseWrite()
	}
}
