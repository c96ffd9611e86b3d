package snapshot

import "fmt"

// Algorithm is how a state is compressed. The zero value is Zstd: on people's
// text it is about as small as Gzip, somewhat faster to write and three times as fast
// to read, which is what a joining client waits for.
type Algorithm uint8

// The algorithms. Decode reads all of them, whichever is configured.
const (
	Zstd       Algorithm = iota
	Gzip                 // for blobs that other tools must be able to open
	Raw                  // for stores that compress by themselves
	algorithms           // how many there are
)

// form is one algorithm: its byte in the header, its name in a configuration,
// and its two directions. decode gets the claimed length of the state, which it
// must meet exactly, and whether it may be in several frames.
type form struct {
	code   byte
	name   string
	append func(dst, state []byte) []byte
	decode func(payload []byte, size int, frames bool) ([]byte, error)

	// For states that are cut: what is before the first piece, what a piece is
	// wherever it stands, and what is behind the last one. piece is nil where
	// nothing is gained by that, tail where nothing is there.
	head  string
	piece func(dst, piece []byte) []byte
	tail  func(dst, state []byte) []byte
}

var forms = [algorithms]form{
	Zstd: {code: 1, name: "zstd", append: appendZstd, decode: decodeZstd, piece: appendZstd},
	Gzip: {code: 2, name: "gzip", append: appendGzip, decode: decodeGzip, head: gzipHead, piece: appendDeflated, tail: appendGzipTail},
	Raw:  {code: 0, name: "none", append: appendRaw, decode: decodeRaw},
}

// slack is the most a compressor writes beyond the length of its input before
// Append takes it back, for states up to 128 MiB: gzip's frame and five bytes a
// block of 64 KiB. zstd needs less.
const slack = 16 << 10

func algorithmOf(code byte) (Algorithm, error) {
	for a := range algorithms {
		if forms[a].code == code {
			return a, nil
		}
	}
	return 0, fmt.Errorf("%w: %d", ErrAlgorithm, code)
}

// String is the algorithm's name in a configuration: "zstd", "gzip" or "none".
func (a Algorithm) String() string {
	if a >= algorithms {
		return fmt.Sprintf("algorithm %d", uint8(a))
	}
	return forms[a].name
}

// UnmarshalText reads what String writes; anything else is ErrAlgorithm.
func (a *Algorithm) UnmarshalText(text []byte) error {
	for i := range algorithms {
		if forms[i].name == string(text) {
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
