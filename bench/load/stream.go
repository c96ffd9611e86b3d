package load

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Stream is the updates of one Yjs client from its beginning, each one clock long: a character
// inserted, and perhaps others deleted. All writers send the same stream, with different client
// ids.
type Stream struct {
	client  []byte // the encoded client id of the updates
	updates [][]byte
}

// ErrStream is returned for updates that are no Stream.
var ErrStream = errors.New("not what one client wrote, a clock an update")

// Client ids that take five bytes, as most of Yjs' random ones do. firstClient is
// the id of the first seat of the first room.
const (
	idBytes     = 5
	firstClient = 1 << 30
)

// NewStream checks updates and makes a Stream of them. It keeps the slices.
func NewStream(updates [][]byte) (Stream, error) {
	var s Stream
	for k, b := range updates {
		u, err := yjs.CheckUpdate(b)
		if err != nil {
			return s, fmt.Errorf("update %d: %w", k, err)
		}
		sections := slices.Collect(u.Sections())
		if len(sections) != 1 || sections[0].Clock != uint64(k) || sections[0].End != uint64(k)+1 {
			return s, fmt.Errorf("update %d: %w", k, ErrStream)
		}
		id := lib0.AppendUvarint(nil, sections[0].Client)
		if k == 0 {
			s.client = id
		}
		if len(id) != idBytes || !bytes.Equal(id, s.client) {
			return s, fmt.Errorf("update %d: %w", k, ErrStream)
		}
	}
	s.updates = updates
	return s, nil
}

// Len returns the number of updates.
func (s Stream) Len() int { return len(s.updates) }

// Append appends update k with another client id.
func (s Stream) Append(dst []byte, k int, client uint64) []byte {
	return readdress(dst, s.updates[k], s.client, client)
}

// Readdress appends update, in which client from is the only one, with client to in its place. Both
// ids take five bytes.
func Readdress(dst, update []byte, from, to uint64) []byte {
	return readdress(dst, update, lib0.AppendUvarint(nil, from), to)
}

// readdress finds the id by its bytes: no clock, length or text of a stream has the same bytes.
func readdress(dst, update, from []byte, to uint64) []byte {
	var buf [idBytes]byte
	id := lib0.AppendUvarint(buf[:0], to)
	for at := bytes.Index(update, from); at >= 0; at = bytes.Index(update, from) {
		dst = append(append(dst, update[:at]...), id...)
		update = update[at+len(from):]
	}
	return append(dst, update...)
}
