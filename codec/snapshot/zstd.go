package snapshot

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// zstdWindow is the largest distance of a match in bytes. It bounds the memory of an encoder, and
// costs next to nothing in size.
const zstdWindow = 1 << 20

// zstdSpare is spare capacity behind the state, so that the decoder can copy whole words up to the
// last byte.
const zstdSpare = 16

// Parts of a frame (RFC 8878): the length of a block's header, which is last, type and length in 24
// bits; the type of a block that repeats one byte; the length of a frame's optional checksum.
const (
	zstdBlockHead = 3
	zstdRLE       = 1
	zstdSumLen    = 4
)

// Encoders and decoders take about five megabytes each and are needed in bursts, so they are pooled
// where the garbage collector can free them. Each uses one thread, as a server saves and loads
// beside relaying keystrokes.
var (
	zstdEncoders = sync.Pool{New: func() any {
		return must(zstd.NewWriter(nil,
			zstd.WithEncoderConcurrency(1),
			zstd.WithLowerEncoderMem(true),
			zstd.WithWindowSize(zstdWindow),
			zstd.WithEncoderCRC(false), // the stored snapshot has one
			zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
			zstd.WithSingleSegment(true), // else a short frame would not have its length
		))
	}}
	zstdDecoders = sync.Pool{New: func() any {
		return must(zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true),
			zstd.WithDecodeAllCapLimit(true), // the output is no longer than the header has it
		))
	}}
)

// must panics if err is not nil. It is for constructors that fail for contradicting options only.
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

func decodeZstd(payload []byte, size int, frames bool) ([]byte, error) {
	if err := checkZstd(payload, size, frames); err != nil {
		return nil, err
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

// checkZstd compares the length from the header with those of the frames.
func checkZstd(payload []byte, size int, several bool) error {
	left := uint64(size)
	for first := true; first || len(payload) > 0; first = false {
		n, content, err := zstdFrame(payload)
		if err != nil {
			return err
		}
		if !first && !several {
			return fmt.Errorf("%w: %d bytes behind the zstd frame", ErrPayload, len(payload))
		}
		if content > left {
			return fmt.Errorf("%w: zstd frames with %d bytes more than %d", ErrPayload, content-left, size)
		}
		left -= content
		payload = payload[n:]
	}
	if left > 0 {
		return fmt.Errorf("%w: zstd frames with %d bytes less than %d", ErrPayload, left, size)
	}
	return nil
}

// zstdFrame returns the length of the first frame of b, and that of its content as the frame
// claims.
func zstdFrame(b []byte) (n int, content uint64, err error) {
	var h zstd.Header
	if err := h.Decode(b); err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	if !h.HasFCS || h.Skippable {
		return 0, 0, fmt.Errorf("%w: a zstd frame that does not say how long it is", ErrPayload)
	}
	n = h.HeaderSize
	for last := false; !last; {
		if len(b)-n < zstdBlockHead {
			return 0, 0, fmt.Errorf("%w: %d bytes of a zstd frame", ErrTruncated, len(b))
		}
		head := uint32(b[n]) | uint32(b[n+1])<<8 | uint32(b[n+2])<<16
		n += zstdBlockHead
		if last = head&1 != 0; head>>1&3 == zstdRLE {
			n++
		} else {
			n += int(head >> 3)
		}
	}
	if h.HasCheckSum {
		n += zstdSumLen
	}
	if n > len(b) {
		return 0, 0, fmt.Errorf("%w: %d bytes of a zstd frame of %d", ErrTruncated, len(b), n)
	}
	return n, h.FrameContentSize, nil
}
