package websocket

import (
	"encoding/binary"
	"unicode/utf8"
)

// Frame is a message, its fragments joined, or a control frame.
type Frame struct {
	Op      Opcode // never OpContinuation; OpTooLong, without a payload, for a message that is skipped
	Payload []byte // unmasked
}

// Reader takes a client's WebSocket messages (RFC 6455) out of a stream of
// bytes. The zero value is ready. It holds what has come of a message or a frame
// that has not ended, and no more room than for twice that: announcing content
// costs nothing. In between it holds nothing, and what it delivers is not kept.
type Reader struct {
	held *unfinished // nil while nothing is
}

// Next reads the next message or control frame off the start of b; rest is what
// is behind it. It unmasks in place, so b is changed. ok is false when b ends
// first: all of b has then been taken in, and rest is empty.
//
// The payload is in b, or in memory of its own; it lives until the next call. Text
// is valid UTF-8; what is in a close frame, ParseClosePayload says. limit is the
// length in bytes of the longest message, all fragments together.
//
// An error is one of ErrProtocol, ErrTooLarge and ErrUTF8, the same
// wherever the stream is cut. The reader lets go of everything then and must not
// be used again.
func (r *Reader) Next(b []byte, limit int) (m Frame, rest []byte, ok bool, err error) {
	return r.NextOrSkip(b, limit, 0)
}

// NextOrSkip is Next, but for messages that are longer than limit and no longer than skip: it
// returns an OpTooLong as soon as it is known that a message is one, and drops its content as it comes.
func (r *Reader) NextOrSkip(b []byte, limit, skip int) (m Frame, rest []byte, ok bool, err error) {
	for len(b) > 0 && !ok {
		if r.held.skips() {
			b = r.drop(b)
			continue
		}
		var h frameHeader
		var frame []byte
		if h, frame, b, err = r.frame(b, limit); err == nil && frame != nil {
			m, ok, err = r.deliver(h, frame, limit)
		} else if err == ErrTooLarge && h.n <= skip-r.length() {
			err = nil
			m, b, ok = r.startSkipping(h, b)
		}
		if err != nil {
			r.held = nil
			return Frame{}, nil, false, err
		}
	}
	return m, b, ok, nil
}

// Pending is how many bytes at least are still to come of a frame that has begun, 0 between frames.
func (r *Reader) Pending() int {
	if r.held.skips() {
		return r.held.skip.left
	}
	part := r.held.part()
	if len(part) == 0 {
		return 0
	}
	h, _ := parseFrameHeader(part)
	return h.missing(part)
}

// frame takes a frame off b, or the rest of the one that is held in part. While
// the frame does not end in b, all of b is held, and frame is nil.
func (r *Reader) frame(b []byte, limit int) (h frameHeader, frame, rest []byte, err error) {
	if len(r.held.part()) > 0 {
		return r.complete(b, limit)
	}
	if h, err = r.header(b, limit); err != nil {
		return h, nil, b, err
	}
	if missing := h.missing(b); missing <= 0 {
		end := len(b) + missing
		return h, b[:end], b[end:], nil
	}
	r.hold(b, h, limit)
	return h, nil, nil, nil
}

// complete adds what is missing to the frame that is held in part: first to its
// header, which says how much more there is and may be refused.
func (r *Reader) complete(b []byte, limit int) (h frameHeader, frame, rest []byte, err error) {
	for {
		part := r.held.part()
		if h, err = r.header(part, limit); err != nil {
			return h, nil, b, err
		}
		n := h.missing(part)
		if n <= 0 {
			return h, part, b, nil
		}
		if len(b) == 0 {
			return h, nil, nil, nil
		}
		n = min(n, len(b))
		r.hold(b[:n], h, limit)
		b = b[n:]
	}
}

// header reads the header that b begins with, as far as it is there, and refuses
// a frame that must not come here.
func (r *Reader) header(b []byte, limit int) (h frameHeader, err error) {
	if h, err = parseFrameHeader(b); err != nil || len(b) < 2 || h.op >= OpClose {
		return h, err
	}
	begun, skipping := false, false
	if r.held != nil {
		begun, skipping = r.held.begun(), r.held.skip != nil
		limit -= r.held.joined
	}
	if begun != (h.op == OpContinuation) {
		return h, ErrProtocol
	}
	if h.n > limit || skipping && len(b) >= h.size {
		return h, ErrTooLarge
	}
	return h, nil
}

// deliver hands out what a whole frame is, or is the end of; else it holds its content.
func (r *Reader) deliver(h frameHeader, frame []byte, limit int) (m Frame, ok bool, err error) {
	content := frame[h.size:]
	unmask(content, binary.LittleEndian.Uint32(frame[h.size-keySize:]))
	if h.control() || h.fin && h.op != OpContinuation {
		m, ok = Frame{h.op, content}, true
		r.forgetPart()
	} else {
		m, ok = r.join(content, h, limit)
	}
	if ok && m.Op == OpText && !utf8.Valid(m.Payload) {
		return m, false, ErrUTF8
	}
	return m, ok, nil
}
