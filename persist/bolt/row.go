package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/civicpress/civic-realtime/persist"
)

const (
	idLen  = 16
	seqLen = 8
	keyLen = seqLen + idLen
	sumLen = crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Why a row cannot be read.
var (
	errSum   = errors.New("checksum mismatch")
	errShort = errors.New("too short")
	errOther = errors.New("belongs to another room")
)

// roomID stands for a room's key where a fixed length is handy. It is a
// cryptographic hash, cut, because clients choose record ids.
type roomID [idLen]byte

func idOf(room string) roomID {
	sum := sha256.Sum256([]byte(room))
	return roomID(sum[:idLen])
}

// rowKey is where a row stands in the journal.
type rowKey [keyLen]byte

func keyOf(seq uint64, id roomID) (k rowKey) {
	binary.BigEndian.PutUint64(k[:], seq)
	copy(k[seqLen:], id[:])
	return k
}

func (k rowKey) seq() uint64  { return binary.BigEndian.Uint64(k[:]) }
func (k rowKey) room() roomID { return roomID(k[seqLen:]) }

// row is one row of the journal as it is stored, in one part.
type row struct {
	key   rowKey
	value []byte // sum, length of the room's key, the key, the blob
}

// encodeRows numbers the n rows that are not refused, from first. They share one new buffer.
func encodeRows(first uint64, rows []persist.Row, n int) []row {
	size := 0
	for i := range rows {
		size += sumLen + binary.MaxVarintLen16 + len(rows[i].Room) + len(rows[i].Data)
	}
	buf := make([]byte, 0, size)
	encoded := make([]row, 0, n)
	for i := range rows {
		r := &rows[i]
		if r.Err != nil {
			continue
		}
		r.Seq = first + uint64(len(encoded))
		key, start := keyOf(r.Seq, idOf(r.Room)), len(buf)
		buf = appendRow(buf, key, r.Room, r.Data)
		encoded = append(encoded, row{key, buf[start:len(buf):len(buf)]})
	}
	return encoded
}

func appendRow(dst []byte, key rowKey, room string, blob []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, sumLen)...)
	dst = binary.AppendUvarint(dst, uint64(len(room)))
	dst = append(append(dst, room...), blob...)
	binary.BigEndian.PutUint32(dst[start:], checksum(key[:], dst[start+sumLen:]))
	return dst
}

// parse checks the row and returns what it borrows from it. A room may come with an
// error, as a hint at whose row it was.
func (r row) parse() (room string, blob []byte, err error) {
	if len(r.value) < sumLen {
		return "", nil, errShort
	}
	body := r.value[sumLen:]
	if sum := checksum(r.key[:], body); sum != binary.BigEndian.Uint32(r.value) {
		err = errSum
	}
	n, used := binary.Uvarint(body)
	if used <= 0 || n > uint64(len(body)-used) {
		return "", nil, errShort
	}
	end := used + int(n)
	return string(body[used:end]), body[end:len(body):len(body)], err
}

// blobOf checks that the row is whole and the room's, and returns what was appended.
func (r row) blobOf(room string) ([]byte, error) {
	owner, blob, err := r.parse()
	if err == nil && owner != room {
		err = errOther
	}
	return blob, err
}

// name is the room's key in a row that is whole.
func (r row) name() []byte {
	n, used := binary.Uvarint(r.value[sumLen:])
	return r.value[sumLen+used : sumLen+used+int(n)]
}

// owner is the key of the room as the row has it, unchecked.
func (r row) owner() string {
	room, _, _ := r.parse()
	return room
}

func checksum(parts ...[]byte) (sum uint32) {
	for _, part := range parts {
		sum = crc32.Update(sum, castagnoli, part)
	}
	return sum
}
