package snapshot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// gzipMaxRatio is the largest ratio of deflate, gzipTrailer the length in bytes of the end of a
// member: a CRC-32 and the length modulo 2^32.
const (
	gzipMaxRatio = 1032
	gzipTrailer  = 8
)

type gzipEncoder struct {
	w   *gzip.Writer
	dst []byte
}

func (e *gzipEncoder) Write(p []byte) (int, error) {
	e.dst = append(e.dst, p...)
	return len(p), nil
}

// gzipHead is the header of a member: deflate, no name, no time, unknown system.
const gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

type deflater struct {
	w   *flate.Writer
	dst []byte
}

func (d *deflater) Write(p []byte) (int, error) {
	d.dst = append(d.dst, p...)
	return len(p), nil
}

type gzipDecoder struct {
	r   gzip.Reader
	src bytes.Reader
}

var (
	gzipEncoders = sync.Pool{New: func() any {
		return &gzipEncoder{w: gzip.NewWriter(nil)}
	}}
	deflaters = sync.Pool{New: func() any {
		return &deflater{w: must(flate.NewWriter(nil, flate.DefaultCompression))}
	}}
	gzipDecoders = sync.Pool{New: func() any { return new(gzipDecoder) }}
)

func appendGzip(dst, state []byte) []byte {
	e := gzipEncoders.Get().(*gzipEncoder)
	defer gzipEncoders.Put(e)
	e.dst = dst
	e.w.Reset(e)
	_, _ = e.w.Write(state) // writing to memory cannot fail
	_ = e.w.Close()
	dst, e.dst = e.dst, nil
	return dst
}

// appendDeflated appends blocks that refer to nothing before them and end at a byte boundary, so
// that they may be anywhere in a member.
func appendDeflated(dst, piece []byte) []byte {
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.dst = dst
	d.w.Reset(d)
	_, _ = d.w.Write(piece)
	_ = d.w.Flush()
	dst, d.dst = d.dst, nil
	return dst
}

// appendGzipTail appends the end of a member: a last block, which is empty, and the trailer.
func appendGzipTail(dst, state []byte) []byte {
	dst = append(dst, 3, 0)
	dst = binary.LittleEndian.AppendUint32(dst, crc32.ChecksumIEEE(state))
	return binary.LittleEndian.AppendUint32(dst, uint32(len(state)))
}

func decodeGzip(payload []byte, size int, _ bool) ([]byte, error) {
	if err := checkGzip(payload, size); err != nil {
		return nil, err
	}
	d := gzipDecoders.Get().(*gzipDecoder)
	defer gzipDecoders.Put(d)
	defer d.src.Reset(nil)
	d.src.Reset(payload)
	if err := d.r.Reset(&d.src); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	d.r.Multistream(false)
	return d.read(size)
}

// checkGzip compares the length from the header with the payload's last four bytes, and with the
// largest that deflate can make of the payload.
func checkGzip(payload []byte, size int) error {
	if len(payload) < gzipTrailer {
		return fmt.Errorf("%w: %d bytes of gzip", ErrTruncated, len(payload))
	}
	own := binary.LittleEndian.Uint32(payload[len(payload)-4:])
	if own != uint32(size) || size/gzipMaxRatio > len(payload) {
		return fmt.Errorf("%w: the gzip member has %d bytes instead of %d", ErrPayload, own, size)
	}
	return nil
}

// read reads the member to its end, where gzip verifies its checksum.
func (d *gzipDecoder) read(size int) ([]byte, error) {
	state := make([]byte, size)
	if _, err := io.ReadFull(&d.r, state); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	switch n, err := d.r.Read(make([]byte, 1)); {
	case n != 0:
		return nil, fmt.Errorf("%w: more than %d bytes", ErrPayload, size)
	case err != io.EOF:
		return nil, fmt.Errorf("%w: %w", ErrPayload, err)
	case d.src.Len() != 0:
		return nil, fmt.Errorf("%w: %d bytes after its end", ErrPayload, d.src.Len())
	}
	return state, nil
}
