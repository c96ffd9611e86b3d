package wal

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/civicpress/civic-realtime/persist"
)

const (
	seqLen = 8
	keyLen = seqLen + len(RoomID{})
	sumLen = crc32.Size
)

const (
	sectorSize = 512     // the unit that every disk writes atomically, in bytes
	blockSize  = 4 << 10 // the unit of most disks
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Errors of rows that cannot be read.
var (
	ErrChecksum  = errors.New("checksum mismatch")
	ErrOtherRoom = errors.New("belongs to another room")

	errShort = errors.New("too short")
)

// RoomID is a hash of a room's key, of a fixed length. It is cryptographic, truncated, because
// clients choose record ids.
type RoomID [16]byte

// IDOf returns the id of a room.
func IDOf(room string) RoomID {
	sum := sha256.Sum256([]byte(room))
	return RoomID(sum[:len(RoomID{})])
}

// Key is the key of a row in the database: its sequence number, big-endian, and its room's id.
type Key [keyLen]byte

// KeyOf returns the key of a row.
func KeyOf(seq uint64, id RoomID) (k Key) {
	binary.BigEndian.PutUint64(k[:], seq)
	copy(k[seqLen:], id[:])
	return k
}

// Seq returns the row's sequence number.
func (k Key) Seq() uint64 { return binary.BigEndian.Uint64(k[:]) }

// Room returns the id of the row's room.
func (k Key) Room() RoomID { return RoomID(k[seqLen:]) }

// Row is one row, in the form that it has in the log and in the database.
//
// Value is a CRC-32C over Key and all that follows, the length of the room's key as a varint, the
// room's key, and the blob.
type Row struct {
	Key   Key
	Value []byte
}

// EncodeRows encodes the n rows that are not refused, and numbers them from first. They share
// one new buffer.
func EncodeRows(first uint64, rows []persist.Row, n int) []Row {
	size := 0
	for i := range rows {
		size += sumLen + binary.MaxVarintLen16 + len(rows[i].Room) + len(rows[i].Data)
	}
	buf := make([]byte, 0, size)
	encoded := make([]Row, 0, n)
	for i := range rows {
		r := &rows[i]
		if r.Err != nil {
			continue
		}
		r.Seq = first + uint64(len(encoded))
		key, start := KeyOf(r.Seq, IDOf(r.Room)), len(buf)
		buf = appendValue(buf, key, r.Room, r.Data)
		encoded = append(encoded, Row{key, buf[start:len(buf):len(buf)]})
	}
	return encoded
}

func appendValue(dst []byte, key Key, room string, blob []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, sumLen)...)
	dst = binary.AppendUvarint(dst, uint64(len(room)))
	dst = append(append(dst, room...), blob...)
	binary.BigEndian.PutUint32(dst[start:], Checksum(key[:], dst[start+sumLen:]))
	return dst
}

// Parse checks the row and returns its room and its blob, which it borrows. With an error the
// room may be set, as a hint at the row's owner.
func (r Row) Parse() (room string, blob []byte, err error) {
	if len(r.Value) < sumLen {
		return "", nil, errShort
	}
	body := r.Value[sumLen:]
	if sum := Checksum(r.Key[:], body); sum != binary.BigEndian.Uint32(r.Value) {
		err = ErrChecksum
	}
	n, used := binary.Uvarint(body)
	if used <= 0 || n > uint64(len(body)-used) {
		return "", nil, errShort
	}
	end := used + int(n)
	return string(body[used:end]), body[end:len(body):len(body)], err
}

// Blob checks that the row is undamaged and the room's, and returns its blob, which it borrows.
func (r Row) Blob(room string) ([]byte, error) {
	owner, blob, err := r.Parse()
	if err == nil && owner != room {
		err = ErrOtherRoom
	}
	return blob, err
}

// Owner returns the key of the row's room, unchecked.
func (r Row) Owner() string {
	room, _, _ := r.Parse()
	return room
}

// Sum returns the row's checksum as it is stored, shorter if the row is too short to have one.
func (r Row) Sum() []byte { return r.Value[:min(sumLen, len(r.Value))] }

// name returns the key of the room of an undamaged row, borrowed.
func (r Row) name() []byte {
	n, used := binary.Uvarint(r.Value[sumLen:])
	return r.Value[sumLen+used : sumLen+used+int(n)]
}

// Checksum returns the CRC-32C over parts, one behind the other.
func Checksum(parts ...[]byte) (sum uint32) {
	for _, part := range parts {
		sum = crc32.Update(sum, castagnoli, part)
	}
	return sum
}
