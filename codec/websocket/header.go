package websocket

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Error is an error in a client's frames, after which no more are read.
type Error struct {
	Code   int // the status code of the close frame that answers it
	Reason string
}

func (e *Error) Error() string { return e.Reason }

// The errors of a client's frames.
var (
	ErrProtocol = &Error{1002, "malformed frame"}
	ErrUTF8     = &Error{1007, "text is not UTF-8"}
	ErrTooLarge = &Error{1009, "message too large"}
)

const (
	keySize         = 4
	minMaskedHeader = 2 + keySize
	maxControl      = 125 // length of a control frame's longest content, in bytes
	maxControlFrame = minMaskedHeader + maxControl
	opcodes         = 0x0707 // a bit for each opcode that is defined
	noStatus        = 1005
)

// header is the header of a masked frame. While it is incomplete, n is 0 and size is the least
// that it may be.
type header struct {
	op         Opcode
	fin        bool
	compressed bool // the first frame of a message says that the message is
	size       int  // length of the header in bytes, of which the last keySize are the masking key
	n          int  // length of the content in bytes
}

func (h header) control() bool { return h.op >= OpClose }

// missing returns the least number of bytes that a frame with the beginning b still lacks. It is
// negative if b has more bytes than the frame.
func (h header) missing(b []byte) int { return h.n + (h.size - len(b)) }

// parseHeader reads the header that b begins with, as far as it is there. It returns ErrProtocol
// for a header that is invalid in any message.
func parseHeader(b []byte) (h header, err error) {
	if len(b) < 2 {
		return header{size: minMaskedHeader}, nil
	}
	h = header{op: Opcode(b[0] & 0x0f), fin: b[0]&finBit != 0, compressed: b[0]&compressedBit != 0,
		size: minMaskedHeader, n: int(b[1] &^ maskBit)}
	if b[0]&reservedBits != 0 || b[1]&maskBit == 0 || opcodes>>h.op&1 == 0 {
		return h, ErrProtocol
	}
	if h.control() && (!h.fin || h.n > maxControl) {
		return h, ErrProtocol
	}
	switch h.n {
	case 126:
		err = h.extend(b, 2)
	case 127:
		err = h.extend(b, 8)
	}
	return h, err
}

// extend reads a length in the size bytes behind the first two, which must not fit fewer bytes.
func (h *header) extend(b []byte, size int) error {
	h.size += size
	if h.n = 0; len(b) < h.size {
		return nil
	}
	least, n := uint64(126), uint64(binary.BigEndian.Uint16(b[2:]))
	if size == 8 {
		least, n = math.MaxUint16+1, binary.BigEndian.Uint64(b[2:])
	}
	if n < least || n > math.MaxInt64 {
		return ErrProtocol
	}
	h.n = int(min(n, math.MaxInt))
	return nil
}

// ParseClosePayload reads the status code from the payload of a client's close frame; it is 1005
// for an empty one. It returns ErrProtocol for a code that no client may send and for a payload of
// one byte, ErrUTF8 for a reason that is not UTF-8.
func ParseClosePayload(payload []byte) (code int, err error) {
	switch len(payload) {
	case 0:
		return noStatus, nil
	case 1:
		return 0, ErrProtocol
	}
	if !utf8.Valid(payload[2:]) {
		return 0, ErrUTF8
	}
	switch code = int(binary.BigEndian.Uint16(payload)); {
	case 1000 <= code && code <= 1003, 1007 <= code && code <= 1014, 3000 <= code && code <= 4999:
		return code, nil
	}
	return 0, ErrProtocol
}
