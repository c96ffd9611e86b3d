package websocket

import (
	"encoding/binary"
	"unicode/utf8"
)

// Frame is a message, its fragments joined, or a control frame.
type Frame struct {
	Op         Opcode // never OpContinuation; OpTooLong, without a payload, for a skipped message
	Compressed bool   // Payload is compressed (RFC 7692); only if Limits.Compression is set
	Payload    []byte // unmasked
}

// Reader reads a client's WebSocket messages from a stream of bytes. The zero value is ready. It
// buffers the received part of a message or frame that is incomplete, in at most twice as much
// memory: an announced length allocates nothing. Between messages it holds no memory, and it keeps
// no reference to its results.
type Reader struct {
	partial *partialMessage // nil while nothing is buffered or skipped
}

// Next reads the next message or control frame from the start of b and returns the bytes after it.
// It unmasks in place, so it changes b. ok is false if b ends before the message does: then all of
// b is consumed, and rest is empty.
//
// The payload is a part of b or has memory of its own; it is valid until the next call. Text that
// is not compressed is valid UTF-8; ParseClosePayload reads the payload of a close frame. limit is
// the length in bytes of the longest message, all fragments together.
//
// An error is one of ErrProtocol, ErrTooLarge and ErrUTF8, and the same wherever the stream is
// cut. After it the reader holds no memory and must not be used again.
func (r *Reader) Next(b []byte, limit int) (m Frame, rest []byte, ok bool, err error) {
	return r.NextWithin(b, Limits{Message: limit})
}

// Limits says what a Reader reads.
type Limits struct {
	// Message is the length in bytes of the longest message, all fragments together. A compressed
	// one may be longer when it is inflated.
	Message int
	// Skip is the length in bytes of the longest message that is skipped, if it is longer than
	// Message: OpTooLong is returned once for it, as soon as a header shows that, and the content
	// is discarded as it comes.
	Skip int
	// Compression says that permessage-deflate was agreed on, so that messages may be compressed.
	Compression bool
}

// NextWithin is Next with more limits.
func (r *Reader) NextWithin(b []byte, l Limits) (m Frame, rest []byte, ok bool, err error) {
	for len(b) > 0 && !ok {
		if r.partial.skips() {
			b = r.discard(b)
			continue
		}
		var h header
		var frame []byte
		if h, frame, b, err = r.frame(b, l); err == nil && frame != nil {
			m, ok, err = r.deliver(h, frame, l.Message)
		} else if err == ErrTooLarge && h.n <= l.Skip-r.length() {
			err = nil
			m, b, ok = r.startDiscarding(h, b)
		}
		if err != nil {
			r.partial = nil
			return Frame{}, nil, false, err
		}
	}
	return m, b, ok, nil
}

// Pending returns the least number of bytes that an incomplete frame still lacks, 0 between frames.
func (r *Reader) Pending() int {
	if r.partial.skips() {
		return r.partial.skip.left
	}
	part := r.partial.frame()
	if len(part) == 0 {
		return 0
	}
	h, _ := parseHeader(part)
	return h.missing(part)
}

// frame returns the frame that b begins with or, if one is buffered in part, completes. While it is
// incomplete, all of b is buffered, and frame is nil.
func (r *Reader) frame(b []byte, l Limits) (h header, frame, rest []byte, err error) {
	if len(r.partial.frame()) > 0 {
		return r.complete(b, l)
	}
	if h, err = r.header(b, l); err != nil {
		return h, nil, b, err
	}
	if missing := h.missing(b); missing <= 0 {
		end := len(b) + missing
		return h, b[:end], b[end:], nil
	}
	r.buffer(b, h, l.Message)
	return h, nil, nil, nil
}

// complete adds missing bytes to the frame that is buffered in part: first those of its header,
// which has the length and may be invalid.
func (r *Reader) complete(b []byte, l Limits) (h header, frame, rest []byte, err error) {
	for {
		part := r.partial.frame()
		if h, err = r.header(part, l); err != nil {
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
		r.buffer(b[:n], h, l.Message)
		b = b[n:]
	}
}

// header reads the header that b begins with, as far as it is there, and returns an error for a
// frame that must not come next.
func (r *Reader) header(b []byte, l Limits) (h header, err error) {
	if h, err = parseHeader(b); err != nil || len(b) < 2 {
		return h, err
	}
	if h.compressed && (!l.Compression || h.control() || h.op == OpContinuation) {
		return h, ErrProtocol
	}
	if h.control() {
		return h, nil
	}
	begun, skipping, limit := false, false, l.Message
	if r.partial != nil {
		begun, skipping = r.partial.begun(), r.partial.skip != nil
		limit -= r.partial.joined
	}
	if begun != (h.op == OpContinuation) {
		return h, ErrProtocol
	}
	if h.n > limit || skipping && len(b) >= h.size {
		return h, ErrTooLarge
	}
	return h, nil
}

// deliver returns the message that a whole frame is, or completes; else it buffers the content.
func (r *Reader) deliver(h header, frame []byte, limit int) (m Frame, ok bool, err error) {
	content := frame[h.size:]
	unmask(content, binary.LittleEndian.Uint32(frame[h.size-keySize:]))
	if h.control() || h.fin && h.op != OpContinuation {
		m, ok = Frame{h.op, h.compressed, content}, true
		r.releaseFrame()
	} else {
		m, ok = r.join(content, h, limit)
	}
	if ok && m.Op == OpText && !m.Compressed && !utf8.Valid(m.Payload) {
		return m, false, ErrUTF8
	}
	return m, ok, nil
}
