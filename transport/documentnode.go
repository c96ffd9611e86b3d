package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// handshake asks the other node for a WebSocket.
func (m *remoteDocument) handshake(cfg *Config) (*bufio.Reader, error) {
	_ = m.stream.SetDeadline(time.Now().Add(cfg.HandshakeTimeout))
	_, err := fmt.Fprintf(m.stream, "GET %s HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", cfg.DocumentPath)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReader(m.stream)
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, errors.New("the node answers " + answer.Status)
	}
	return in, m.stream.SetDeadline(time.Time{})
}

// next reads a message, as the frames that it came in. It answers pings. why is the reason of a
// close frame.
func (m *remoteDocument) next(in *bufio.Reader, limit int) (
	frames []byte, why *engine.CloseError, err error,
) {
	for {
		start := len(frames)
		if frames, err = appendFrame(frames, in, limit+maxWrite); err != nil {
			return nil, nil, err
		}
		header, _ := websocket.UnmaskedHeader(frames[start:])
		payload := frames[start+header:]
		switch websocket.Opcode(frames[start] & 0x0f) {
		case websocket.OpPing:
			_, err = m.stream.Write(maskedFrame(websocket.OpPong, payload))
			frames = frames[:start]
		case websocket.OpPong:
			frames = frames[:start]
		case websocket.OpClose:
			return nil, closeReason(payload), nil
		default:
			if frames[start]&websocket.Final != 0 {
				return frames, nil, nil
			}
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

var errFrameTooLong = errors.New("a message of the node is too long")

// appendFrame reads a frame and appends it.
func appendFrame(dst []byte, in *bufio.Reader, limit int) ([]byte, error) {
	head, err := in.Peek(2)
	if err != nil {
		return dst, err
	}
	size := map[byte]int{126: 4, 127: 10}[head[1]]
	if size == 0 {
		size = 2
	}
	if head, err = in.Peek(size); err != nil {
		return dst, err
	}
	_, length := websocket.UnmaskedHeader(head)
	if length < 0 || length > limit || len(dst) > 2*limit {
		return dst, errFrameTooLong
	}
	start := len(dst)
	dst = append(dst, make([]byte, size+length)...)
	_, err = io.ReadFull(in, dst[start:])
	return dst, err
}

// closeReason returns the reason in a close frame.
func closeReason(payload []byte) *engine.CloseError {
	if len(payload) < 2 {
		return errMoved
	}
	code := binary.BigEndian.Uint16(payload)
	why := &engine.CloseError{Code: engine.CloseUnavailable, Reason: string(payload[2:])}
	if code >= 4400 && code < 4500 || code == 4001 || code == 4003 || code == 4004 {
		why.Code = engine.CloseForbidden
	}
	return why
}

// maskedFrame returns a frame as clients send them, with a mask of zeros: nodes are no browsers.
func maskedFrame(op websocket.Opcode, payload []byte) []byte {
	const maskBit = 0x80
	frame := websocket.AppendHeader(nil, op, true, len(payload))
	frame[1] |= maskBit
	return append(append(frame, 0, 0, 0, 0), payload...)
}
