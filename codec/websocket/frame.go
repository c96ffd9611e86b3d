package websocket

import (
	"encoding/binary"
	"unicode/utf8"
)

// Opcode is the type of a frame (RFC 6455, 5.2).
type Opcode byte

// The opcodes. Control frames have OpClose and above.
const (
	OpContinuation Opcode = 0
	OpText         Opcode = 1
	OpBinary       Opcode = 2
	OpClose        Opcode = 8
	OpPing         Opcode = 9
	OpPong         Opcode = 10

	// OpTooLong is not on the wire: a Reader returns it for a message that it skips.
	OpTooLong Opcode = 16
)

const (
	// MaxFrame is the length in bytes, header included, of the longest frame that WrapMessage
	// makes.
	MaxFrame = 64 << 10
	// MaxHeader is the length in bytes of the longest header of an unmasked frame.
	MaxHeader = 10
	// MaxCloseReason is the length in bytes of the longest reason a close frame can hold.
	MaxCloseReason = 123

	// MaxFragment is the length in bytes of the longest payload of a frame of MaxFrame bytes.
	MaxFragment = MaxFrame - 4

	finBit        = 0x80 // of the first byte
	compressedBit = 0x40 // RSV1
	reservedBits  = 0x30 // RSV2 and RSV3
	maskBit       = 0x80 // of the second
)

// AppendHeader appends the header of an unmasked frame with a payload of n bytes: one byte of
// flags and opcode, then the length in one, three or nine.
func AppendHeader(dst []byte, op Opcode, fin bool, n int) []byte {
	first := byte(op)
	if fin {
		first |= finBit
	}
	switch {
	case n < 126:
		return append(dst, first, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(n))
}

// Final is the bit of a frame's first byte that says that the frame ends its message.
const Final = finBit

// UnmaskedHeader returns the lengths in bytes of the header and the payload of the unmasked frame
// that b, made by WrapMessage, begins with.
func UnmaskedHeader(b []byte) (header, payload int) {
	switch n := int(b[1]); n {
	case 126:
		return 4, int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		return 10, int(binary.BigEndian.Uint64(b[2:]))
	default:
		return 2, n
	}
}

// WrapMessage makes one message of the payload behind the first MaxHeader bytes of buf, which it
// overwrites, and returns it. Up to MaxFrame bytes it is one frame, in buf; a longer message is
// copied into fragments of at most MaxFrame bytes each.
func WrapMessage(buf []byte, text bool) []byte {
	op := OpBinary
	if text {
		op = OpText
	}
	payload := buf[MaxHeader:]
	if len(payload) > MaxFragment {
		return fragment(make([]byte, 0, fragmented(len(payload))), op, payload)
	}
	var header [MaxHeader]byte
	h := AppendHeader(header[:0], op, true, len(payload))
	start := MaxHeader - len(h)
	copy(buf[start:], h)
	return buf[start:]
}

// fragmented returns an upper bound of the length of the frames of n bytes.
func fragmented(n int) int { return n + (n/MaxFragment+1)*(MaxFrame-MaxFragment) }

// fragment appends payload as frames of at most MaxFrame bytes.
func fragment(dst []byte, op Opcode, payload []byte) []byte {
	for ; len(payload) > MaxFragment; payload = payload[MaxFragment:] {
		dst = AppendHeader(dst, op, false, MaxFragment)
		dst = append(dst, payload[:MaxFragment]...)
		op = OpContinuation
	}
	return append(AppendHeader(dst, op, true, len(payload)), payload...)
}

// AppendClosePayload appends the payload of a close frame: the status code, and reason, which is
// cut to MaxCloseReason bytes between characters.
func AppendClosePayload(dst []byte, code int, reason string) []byte {
	if len(reason) > MaxCloseReason {
		n := MaxCloseReason
		for !utf8.RuneStart(reason[n]) {
			n--
		}
		reason = reason[:n]
	}
	return append(binary.BigEndian.AppendUint16(dst, uint16(code)), reason...)
}
