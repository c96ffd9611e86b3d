package mux

import (
	"encoding/binary"
	"fmt"
)

// Window is how many bytes may be under way in each direction of a stream: sent, and not yet
// Consumed.
const Window = 64 << 10

const (
	// headSize is the length of a frame's head.
	headSize = 8
	// maxPayload is the most bytes that a frame has behind its head. A long message of one stream
	// is sent in several frames, so that it does not hold up others.
	maxPayload = 16 << 10
)

// kind says what a frame means.
type kind byte

const (
	kindOpen kind = iota + 1
	kindAnswer
	kindData
	kindWindow
	kindEnd
	kindReset
)

var kindNames = [...]string{
	kindOpen: "open", kindAnswer: "answer", kindData: "data", kindWindow: "window", kindEnd: "end",
	kindReset: "reset",
}

// String implements fmt.Stringer.
func (k kind) String() string {
	if k >= kindOpen && k <= kindReset {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", byte(k))
}

// head is the head of a frame.
type head struct {
	stream uint32
	kind   kind
	n      int // length of the payload; of a window frame: bytes that may be sent in addition
}

// appendHead appends a head to b.
func appendHead(b []byte, h head) []byte {
	b = binary.BigEndian.AppendUint32(b, h.stream)
	return binary.BigEndian.AppendUint32(b, uint32(h.kind)<<24|uint32(h.n))
}

// parseHead parses the first headSize bytes of a frame. The error says that there is no such kind,
// or that the payload is too long.
func parseHead(b []byte) (head, error) {
	second := binary.BigEndian.Uint32(b[4:headSize])
	h := head{binary.BigEndian.Uint32(b), kind(second >> 24), int(second & (1<<24 - 1))}
	switch h.kind {
	case kindOpen, kindAnswer, kindData:
		if h.n > maxPayload {
			return h, violation(h, "its payload is too long")
		}
	case kindWindow:
	case kindEnd, kindReset:
		if h.n != 0 {
			return h, violation(h, "it has a length")
		}
	default:
		return h, violation(h, "there is no such kind")
	}
	return h, nil
}

// payload returns how many bytes of payload follow the head.
func (h head) payload() int {
	if h.kind == kindWindow {
		return 0
	}
	return h.n
}

// violation returns the error that a frame breaks the protocol.
func violation(h head, reason string) error {
	return fmt.Errorf("%v frame of stream %d breaks the protocol: %s", h.kind, h.stream, reason)
}
