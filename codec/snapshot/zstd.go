package snapshot

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// zstdWindow bounds how far back a match may reach, and with it an encoder's
// memory. Documents beyond it lose next to nothing.
const zstdWindow = 1 << 20

// zstdSpare is capacity beyond the state that lets the decoder copy in whole
// words to the last byte.
const zstdSpare = 16

// Encoders cost two to four megabytes each and are needed in bursts, decoders too,
// so they are pooled where the garbage collector can take them back. One thread
// each: a server saves and loads beside people who are typing.
var (
	zstdEncoders = sync.Pool{New: func() any {
		return must(zstd.NewWriter(nil,
			zstd.WithEncoderConcurrency(1),
			zstd.WithLowerEncoderMem(true),
			zstd.WithWindowSize(zstdWindow),
			zstd.WithEncoderCRC(false),   // the header has one
			zstd.WithSingleSegment(true), // or a frame of less than 256 bytes does not state its length
		))
	}}
	zstdDecoders = sync.Pool{New: func() any {
		return must(zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true),
			zstd.WithDecodeAllCapLimit(true), // a payload never outgrows its claim
		))
	}}
)

// must is for constructors that fail on contradicting options only.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func appendZstd(dst, state []byte) []byte {
	e := zstdEncoders.Get().(*zstd.Encoder)
	defer zstdEncoders.Put(e)
	return e.EncodeAll(state, dst)
}

func decodeZstd(payload []byte, size int) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(payload); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	if !h.HasFCS || h.FrameContentSize != uint64(size) {
		return nil, fmt.Errorf("%w: the zstd frame has %d bytes instead of %d", ErrPayload, h.FrameContentSize, size)
	}
	d := zstdDecoders.Get().(*zstd.Decoder)
	defer zstdDecoders.Put(d)
	state, err := d.DecodeAll(payload, make([]byte, 0, size+zstdSpare))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	if len(state) != size {
		return nil, fmt.Errorf("%w: %d bytes instead of %d", ErrPayload, len(state), size)
	}
	return state[:size:size], nil
}
