package websocket

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Error says why a client's frames are not read on.
type Error struct {
	Code   int // of the close frame to answer with
	Reason string
}

func (e *Error) Error() string { return e.Reason }

// What can be wrong with a client's frames.
var (
	ErrProtocol = &Error{1002, "malformed frame"}
	ErrUTF8     = &Error{1007, "text is not UTF-8"}
	ErrTooLarge = &Error{1009, "message too large"}
)

const (
	keySize         = 4
	minMaskedHeader = 2 + keySize
	maxControl      = 125 // content of a control frame
	maxControlFrame = minMaskedHeader + maxControl
	opcodes         = 0x0707 // a bit for each there is
	noStatus        = 1005
)

// frameHeader is the header of a masked frame. Until all of it is there, n is 0
// and size the least that it may be.
type frameHeader struct {
	op   Opcode
	fin  bool
	size int // of the header in bytes; the last of them are the key
	n    int // bytes of content
}

func (h frameHeader) control() bool { return h.op >= OpClose }

// missing is how many bytes at least a frame of which b has come still lacks. If there are more than its own, it is negative.
func (h frameHeader) missing(b []byte) int { return h.n + (h.size - len(b)) }

// parseFrameHeader reads the header that b begins with, as far as it is there,
// and refuses what is wrong wherever it comes.
func parseFrameHeader(b []byte) (h frameHeader, err error) {
	if len(b) < 2 {
		return frameHeader{size: minMaskedHeader}, nil
	}
	h = frameHeader{Opcode(b[0] & 0x0f), b[0]&finBit != 0, minMaskedHeader, int(b[1] &^ maskBit)}
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

// extend reads the length that is in the size bytes behind the first two. One that fits fewer is refused.
func (h *frameHeader) extend(b []byte, size int) error {
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

// ParseClosePayload reads the payload of a client's close frame. The code is 1005
// when there is none. It returns ErrProtocol for a code that no client may
// send or a payload of one byte, ErrUTF8 for a reason that is not UTF-8.
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
