package outbox

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/civicpress/civic-realtime/persist"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const sumLen = crc32.Size

// withSum returns b with the checksum of key and b before it.
func withSum(key, b []byte) []byte {
	out := make([]byte, sumLen, sumLen+len(b))
	binary.BigEndian.PutUint32(out, checksum(key, b))
	return append(out, b...)
}

// checked returns what is behind a checksum; ok is false if it is damaged.
func checked(key, b []byte) (data []byte, ok bool) {
	if len(b) < sumLen || checksum(key, b[sumLen:]) != binary.BigEndian.Uint32(b) {
		return nil, false
	}
	return b[sumLen:], true
}

func checksum(key, b []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, b)
}

// keyOf returns the key of a number.
func keyOf(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// idKey returns the key of an entry in the bucket of ids.
func idKey(queue, id string) []byte {
	return append(append([]byte(queue), 0), id...)
}

// encode returns the stored form of an entry.
func encode(e persist.OutboxEntry) []byte {
	b := binary.AppendUvarint(nil, uint64(len(e.Queue)))
	b = binary.AppendUvarint(append(b, e.Queue...), uint64(len(e.ID)))
	b = append(append(b, e.ID...), e.Data...)
	return withSum(keyOf(e.Seq), b)
}

// decode reads an entry; ok is false if it is damaged. Its data is a copy.
func decode(key, value []byte) (e persist.OutboxEntry, ok bool) {
	b, ok := checked(key, value)
	if !ok || len(key) != 8 {
		return e, false
	}
	e.Seq = binary.BigEndian.Uint64(key)
	var queue, id []byte
	if queue, b, ok = text(b); !ok {
		return e, false
	}
	if id, b, ok = text(b); !ok {
		return e, false
	}
	e.Queue, e.ID, e.Data = string(queue), string(id), append([]byte{}, b...)
	return e, true
}

// text reads a length and so many bytes.
func text(b []byte) (t, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, false
	}
	end := size + int(n)
	return b[size:end], b[end:], true
}
