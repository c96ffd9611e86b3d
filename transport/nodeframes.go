package transport

import (
	"errors"

	"github.com/civicpress/civic-realtime/codec/websocket"
)

// nodeFrames are the frames of a node that serves a document of a client here. The zero value has
// none.
type nodeFrames struct {
	rest    []byte // input that is not returned yet
	message []byte // frames of the message that has begun
}

// add adds input, which it takes over.
func (n *nodeFrames) add(p []byte) {
	if len(n.rest) == 0 {
		n.rest = p
	} else {
		n.rest = append(n.rest, p...)
	}
}

var errFrameTooLong = errors.New("a message of the node is too long")

// next returns a control frame, or a message as the frames that it came in, of at most limit bytes
// each; nil if more input is needed. It is valid until add is called.
func (n *nodeFrames) next(limit int) ([]byte, error) {
	for {
		frame, err := cutFrame(n.rest, limit)
		if frame == nil || err != nil {
			return nil, err
		}
		if n.rest = n.rest[len(frame):]; len(n.rest) == 0 {
			n.rest = nil
		}
		final := frame[0]&websocket.Final != 0
		if n.message == nil && final || opcodeOf(frame) >= websocket.OpClose {
			return frame, nil
		}
		if len(n.message) > 2*limit {
			return nil, errFrameTooLong
		}
		if n.message = append(n.message, frame...); final {
			message := n.message
			n.message = nil
			return message, nil
		}
	}
}

// opcodeOf returns the opcode of a frame.
func opcodeOf(frame []byte) websocket.Opcode { return websocket.Opcode(frame[0] & 0x0f) }

// cutFrame returns the first frame of p, which has no mask; nil if it is not whole.
func cutFrame(p []byte, limit int) ([]byte, error) {
	if len(p) < 2 || p[1] == 126 && len(p) < 4 || p[1] == 127 && len(p) < 10 {
		return nil, nil
	}
	header, length := websocket.UnmaskedHeader(p)
	switch {
	case length < 0 || length > limit:
		return nil, errFrameTooLong
	case len(p) < header+length:
		return nil, nil
	}
	return p[: header+length : header+length], nil
}

// appendMasked appends a frame as clients send them, with a mask of zeros: nodes are no browsers.
// Its payload is a and b.
func appendMasked(dst []byte, op websocket.Opcode, a, b []byte) []byte {
	const maskBit = 0x80
	start := len(dst)
	dst = websocket.AppendHeader(dst, op, true, len(a)+len(b))
	dst[start+1] |= maskBit
	dst = append(dst, 0, 0, 0, 0)
	return append(append(dst, a...), b...)
}
