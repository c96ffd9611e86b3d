package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/persist/imports"
)

const (
	magic     = "SQLite format 3\x00"
	headerLen = 100
)

// The encodings of text.
const (
	utf8Text    = 1
	utf16Little = 2
	utf16Big    = 3
)

// header has the parts of a database's header that reading needs.
type header struct {
	pageSize int // in bytes
	usable   int // the bytes of a page that may have content
	encoding uint32
}

var errPage = errors.New("a page has no form that is known")

// parseHeader reads the first bytes of a database.
func parseHeader(b []byte) (h header, err error) {
	if len(b) < headerLen || string(b[:len(magic)]) != magic {
		return h, fmt.Errorf("%w: no SQLite database", imports.ErrUnknown)
	}
	if h.pageSize = int(binary.BigEndian.Uint16(b[16:])); h.pageSize == 1 {
		h.pageSize = 1 << 16
	}
	h.usable, h.encoding = h.pageSize-int(b[20]), binary.BigEndian.Uint32(b[56:])
	const leastUsable = 480
	switch {
	case !isPageSize(h.pageSize) || h.usable < leastUsable:
		return h, fmt.Errorf("%w: pages of %d bytes", imports.ErrDamaged, h.pageSize)
	case b[19] > 2:
		return h, fmt.Errorf("%w: format %d of SQLite", imports.ErrUnknown, b[19])
	}
	return h, nil
}

// isPageSize reports whether n is a power of two from 512 to 65536.
func isPageSize(n int) bool { return n >= 512 && n <= 1<<16 && n&(n-1) == 0 }
