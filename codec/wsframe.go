package codec

import (
	"encoding/binary"
	"unicode/utf8"
)

// Opcode is the type of a WebSocket frame (RFC 6455, 5.2).
type Opcode byte

// The opcodes there are. Control frames are OpClose and above.
const (
	OpContinuation Opcode = 0
	OpText         Opcode = 1
	OpBinary       Opcode = 2
	OpClose        Opcode = 8
	OpPing         Opcode = 9
	OpPong         Opcode = 10

	// OpTooLong is no opcode on the wire: a FrameReader says with it that a message is skipped.
	OpTooLong Opcode = 16
)

const (
	// MaxFrame is the length in bytes, header included, of the longest frame that WrapMessage makes.
	MaxFrame = 64 << 10
	// MaxFrameHeader is the length in bytes of the longest header of an unmasked frame.
	MaxFrameHeader = 10
	// MaxCloseReason is the length in bytes of the longest reason a close frame can hold.
	MaxCloseReason = 123

	maxFragment = MaxFrame - 4 // what fits behind the header of a frame of that length

	finBit       = 0x80 // of the first byte
	reservedBits = 0x70
	maskBit      = 0x80 // of the second
)

// AppendFrameHeader appends the header of an unmasked frame with a payload of
// n bytes: one byte of flags and opcode, then the length in one, three or nine.
func AppendFrameHeader(dst []byte, op Opcode, fin bool, n int) []byte {
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

// WrapMessage turns the payload behind the first MaxFrameHeader bytes of buf,
// which are free, into one WebSocket message and returns it. A message of up to
// MaxFrame bytes is a frame, put in place; a longer one is copied into
// fragments of at most MaxFrame bytes each.
func WrapMessage(buf []byte, text bool) []byte {
	op := OpBinary
	if text {
		op = OpText
	}
	payload := buf[MaxFrameHeader:]
	if len(payload) > maxFragment {
		return fragment(op, payload)
	}
	var header [MaxFrameHeader]byte
	h := AppendFrameHeader(header[:0], op, true, len(payload))
	start := MaxFrameHeader - len(h)
	copy(buf[start:], h)
	return buf[start:]
}

func fragment(op Opcode, payload []byte) []byte {
	frames := len(payload)/maxFragment + 1
	dst := make([]byte, 0, len(payload)+4*frames)
	for ; len(payload) > maxFragment; payload = payload[maxFragment:] {
		dst = AppendFrameHeader(dst, op, false, maxFragment)
		dst = append(dst, payload[:maxFragment]...)
		op = OpContinuation
	}
	return append(AppendFrameHeader(dst, op, true, len(payload)), payload...)
}

// AppendClosePayload appends what a close frame carries: the code, and reason
// cut, between characters, to MaxCloseReason bytes.
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
