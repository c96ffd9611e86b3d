package snapshot

import "fmt"

// Algorithm is a compression algorithm. The zero value is Zstd: for text it is about as small as
// Gzip, somewhat faster to write, and three times as fast to read, which a joining client waits
// for.
type Algorithm uint8

// The algorithms. Decode reads all of them.
const (
	Zstd       Algorithm = iota
	Gzip                 // for blobs that common tools must be able to read
	Raw                  // uncompressed, for stores that compress
	algorithms           // number of algorithms
)

// codec implements an algorithm. decode gets the length of the state from the header, which must be
// met exactly, and whether the payload may be several frames.
type codec struct {
	code   byte   // in the header
	name   string // in a configuration
	append func(dst, state []byte) []byte
	decode func(payload []byte, size int, frames bool) ([]byte, error)

	// For Pieces: the payload is head, the pieces, and tail. piece is nil for an algorithm without
	// pieces, tail for one without a tail.
	head  string
	piece func(dst, piece []byte) []byte
	tail  func(dst, state []byte) []byte
}

var codecs = [algorithms]codec{
	Zstd: {code: 1, name: "zstd", append: appendZstd, decode: decodeZstd, piece: appendZstd},
	Gzip: {code: 2, name: "gzip", append: appendGzip, decode: decodeGzip,
		head: gzipHead, piece: appendDeflated, tail: appendGzipTail},
	Raw: {code: 0, name: "none", append: appendRaw, decode: decodeRaw},
}

// slack is the largest difference in bytes between the output of a compressor and its input, for
// states of up to 128 MiB: gzip's frame and five bytes for each block of 64 KiB. zstd needs less.
const slack = 16 << 10

func algorithmOf(code byte) (Algorithm, error) {
	for a := range algorithms {
		if codecs[a].code == code {
			return a, nil
		}
	}
	return 0, fmt.Errorf("%w: %d", ErrAlgorithm, code)
}

// String returns the algorithm's name in a configuration: "zstd", "gzip" or "none".
func (a Algorithm) String() string {
	if a >= algorithms {
		return fmt.Sprintf("algorithm %d", uint8(a))
	}
	return codecs[a].name
}

// UnmarshalText reads a name that String returns. Its error is ErrAlgorithm.
func (a *Algorithm) UnmarshalText(text []byte) error {
	for i := range algorithms {
		if codecs[i].name == string(text) {
			*a = i
			return nil
		}
	}
	return fmt.Errorf("%w: %q is none of zstd, gzip, none", ErrAlgorithm, text)
}

func appendRaw(dst, state []byte) []byte { return append(dst, state...) }

func decodeRaw(payload []byte, size int, _ bool) ([]byte, error) {
	if len(payload) < size {
		return nil, fmt.Errorf("%w: %d bytes of %d", ErrTruncated, len(payload), size)
	}
	if len(payload) > size {
		return nil, fmt.Errorf("%w: %d bytes too many", ErrPayload, len(payload)-size)
	}
	return payload[:size:size], nil
}
