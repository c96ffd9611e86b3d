package websocket

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Compression is permessage-deflate (RFC 7692) without context takeover: each message is compressed
// alone, so that one compressed message serves all receivers, and a connection holds no window.

// MinDeflate is the length in bytes from which on Deflate compresses a message. Below it, little is
// gained.
const MinDeflate = 1 << 10

// deflateLevel is the level of compression, of 9. In measurements of documents a higher one takes
// much more time for a few percent.
const deflateLevel = 5

// tail is the end of a flushed stream of DEFLATE. It is left out on the wire (RFC 7692, 7.2.1).
var tail = []byte{0x00, 0x00, 0xff, 0xff}

// deflater compresses one message at a time.
type deflater struct {
	*flate.Writer
	out bytes.Buffer
}

var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, deflateLevel)
	if err != nil {
		panic(err) // the level is wrong
	}
	return &deflater{Writer: w}
}}

// keptOut is the capacity in bytes of the longest output whose memory is pooled.
const keptOut = 256 << 10

// release returns d to the pool, without the memory of a long message.
func (d *deflater) release() {
	if d.out.Reset(); d.out.Cap() > keptOut {
		d.out = bytes.Buffer{}
	}
	deflaters.Put(d)
}

// Deflate returns a message, which consists of whole unmasked frames, compressed. It returns the
// message as it is if it is shorter than MinDeflate, or would not become shorter.
func Deflate(message []byte) []byte {
	if len(message) < MinDeflate {
		return message
	}
	d := deflaters.Get().(*deflater)
	defer d.release()
	d.Reset(&d.out)
	op := Opcode(message[0] & 0x0f)
	for rest := message; len(rest) > 0; {
		var payload []byte
		payload, rest = unwrap(rest)
		_, _ = d.Write(payload) // a bytes.Buffer does not fail
	}
	_ = d.Flush()
	payload := bytes.TrimSuffix(d.out.Bytes(), tail)
	if fragmented(len(payload)) >= len(message) {
		return message
	}
	dst := fragment(make([]byte, 0, fragmented(len(payload))), op, payload)
	dst[0] |= compressedBit
	return dst
}

// unwrap returns the payload of the unmasked frame that b begins with, and the bytes after it.
func unwrap(b []byte) (payload, rest []byte) {
	n, size := int(b[1]), 2
	switch n {
	case 126:
		n, size = int(binary.BigEndian.Uint16(b[2:])), 4
	case 127:
		n, size = int(binary.BigEndian.Uint64(b[2:])), 10
	}
	return b[size : size+n], b[size+n:]
}

// inflater inflates one payload at a time.
type inflater struct {
	io.ReadCloser        // a flate.Resetter
	in            source // of its input
}

var inflaters = sync.Pool{New: func() any {
	f := new(inflater)
	f.ReadCloser = flate.NewReader(&f.in)
	return f
}}

// reset begins to inflate a payload.
func (f *inflater) reset(payload []byte) error {
	f.in = source{payload, inflateEnd}
	return f.ReadCloser.(flate.Resetter).Reset(&f.in, nil)
}

// release returns f to the pool.
func (f *inflater) release() {
	f.in = source{}
	inflaters.Put(f)
}

// inflateEnd completes a payload: the tail that was left out, and an empty last block, without
// which the end would count as unexpected.
var inflateEnd = append(tail[:4:4], 0x01, 0x00, 0x00, 0xff, 0xff)

// source reads a payload, and then its end. It implements io.ByteReader, so that it is not copied
// through a buffer.
type source struct{ payload, end []byte }

// ReadByte implements io.ByteReader.
func (s *source) ReadByte() (b byte, err error) {
	if len(s.payload) == 0 {
		s.payload, s.end = s.end, nil
	}
	if len(s.payload) == 0 {
		return 0, io.EOF
	}
	b, s.payload = s.payload[0], s.payload[1:]
	return b, nil
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (n int, err error) {
	if len(s.payload) == 0 {
		s.payload, s.end = s.end, nil
	}
	if n = copy(p, s.payload); n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	s.payload = s.payload[n:]
	return n, nil
}

// AppendInflated appends the content of a compressed payload to dst, if it has at most limit bytes.
// Its errors are ErrTooLarge, as soon as there are more, and ErrProtocol for a payload that is
// invalid; dst is then returned with a part of the content.
func AppendInflated(dst, payload []byte, limit int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	defer f.release()
	if err := f.reset(payload); err != nil {
		return dst, ErrProtocol
	}
	for most := len(dst) + limit; ; {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := f.Read(dst[len(dst):cap(dst)])
		if dst = dst[:len(dst)+n]; len(dst) > most {
			return dst, ErrTooLarge
		}
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, ErrProtocol
		}
	}
}

// InflatedLen returns the length in bytes of the content of a compressed payload, without keeping
// the content. Its errors are those of AppendInflated.
func InflatedLen(payload []byte, limit int) (n int, err error) {
	f := inflaters.Get().(*inflater)
	defer f.release()
	if err := f.reset(payload); err != nil {
		return 0, ErrProtocol
	}
	read, err := io.CopyN(io.Discard, f, int64(limit)+1)
	switch {
	case err == nil:
		return 0, ErrTooLarge
	case err == io.EOF:
		return int(read), nil
	}
	return 0, ErrProtocol
}
