// Package rawframe reads and writes single WebSocket frames for tests: any first byte, valid or
// not, and nothing put together. It shares no code with package websocket, which it helps to test.
package rawframe

import (
	"encoding/binary"
	"io"
)

// First bytes of frames: opcodes (RFC 6455, 5.2) and the flag of the last frame of a message.
const (
	Text   = 0x1
	Binary = 0x2
	Close  = 0x8
	Ping   = 0x9
	Pong   = 0xa
	Fin    = 0x80

	opcode = 0x0f
)

// Opcode returns the opcode of a frame with a first byte.
func Opcode(first byte) byte { return first & opcode }

// Masked returns a frame as a client sends it, with a mask of zeros.
func Masked[P []byte | string](first byte, payload P) []byte {
	const masked = 0x80
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, masked|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
	b = append(b, 0, 0, 0, 0)
	return append(b, payload...)
}

// Read reads a frame of a server, which has no mask. An error is that of r.
func Read(r io.Reader) (first byte, payload []byte, err error) {
	var b [10]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return 0, nil, err
	}
	size := uint64(b[1])
	switch size {
	case 126:
		_, err = io.ReadFull(r, b[2:4])
		size = uint64(binary.BigEndian.Uint16(b[2:4]))
	case 127:
		_, err = io.ReadFull(r, b[2:10])
		size = binary.BigEndian.Uint64(b[2:10])
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(r, payload)
	return b[0], payload, err
}

// CloseCode returns the code and the reason of a close frame's payload, 1005 if it has none.
func CloseCode(payload []byte) (code int, reason string) {
	const none = 1005
	if len(payload) < 2 {
		return none, ""
	}
	return int(binary.BigEndian.Uint16(payload)), string(payload[2:])
}
