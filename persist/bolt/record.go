package bolt

import "encoding/binary"

// A record of the tail is one Append:
//
//	head, head      the same twice
//	list            for each row: length of its value in 4 bytes, length of the room's
//	                key as a varint, the room's key; then a CRC-32C over that
//	rows            for each: length of its value in 4 bytes, the value
//
// A head is recordMark, how many rows there are, the length of the list, the length of the
// rows and flags, in 4 bytes each, the number of the first row, the tail's own random
// number and the number of
// the database's transactions in 8 each, and a CRC-32C over that. A value
// has a checksum of its own over its number, its room and itself. So whatever one bit of a
// record is wrong, it can be said whose the row is, and all others can be had.
const (
	recordMark = 0xC1B1C7A1
	headSize   = 5*4 + 3*8 + sumLen
	rowsAt     = 2 * headSize

	flagSynced = 1 // records begin at blocks, and each was on the disk before the next was written
)

// recordHead is what stands at the front of a record.
type recordHead struct {
	count, list, rows, flags uint32
	first, tail, commits     uint64
}

func (h *recordHead) encode(dst []byte) {
	for i, n := range [...]uint32{recordMark, h.count, h.list, h.rows, h.flags} {
		binary.BigEndian.PutUint32(dst[4*i:], n)
	}
	for i, n := range [...]uint64{h.first, h.tail, h.commits} {
		binary.BigEndian.PutUint64(dst[20+8*i:], n)
	}
	binary.BigEndian.PutUint32(dst[headSize-sumLen:], checksum(dst[:headSize-sumLen]))
}

// readHead takes the first of the two that is whole.
func readHead(b []byte) (h recordHead, ok bool) {
	for range 2 {
		if len(b) < headSize {
			return h, false
		}
		if binary.BigEndian.Uint32(b) == recordMark && checksum(b[:headSize-sumLen]) == binary.BigEndian.Uint32(b[headSize-sumLen:]) {
			for i, n := range [...]*uint32{&h.count, &h.list, &h.rows, &h.flags} {
				*n = binary.BigEndian.Uint32(b[4+4*i:])
			}
			for i, n := range [...]*uint64{&h.first, &h.tail, &h.commits} {
				*n = binary.BigEndian.Uint64(b[20+8*i:])
			}
			return h, true
		}
		b = b[headSize:]
	}
	return h, false
}

// size is the record's length in the file.
func (h *recordHead) size() int64 {
	n := rowsAt + int64(h.list) + int64(h.rows)
	if h.flags&flagSynced != 0 {
		n = (n + block - 1) &^ (block - 1)
	}
	return n
}

// newHead is the head of a record of rows, of which there is at least one.
func newHead(rows []row) recordHead {
	h := recordHead{count: uint32(len(rows)), list: sumLen, first: rows[0].key.seq()}
	for _, r := range rows {
		n := len(r.name())
		h.list += uint32(4 + varintLen(n) + n)
		h.rows += uint32(4 + len(r.value))
	}
	return h
}

func varintLen(n int) int {
	if n < 1<<7 {
		return 1
	}
	return 2 // a room's key has at most persist.MaxRoom bytes
}

// appendRecord appends a record and zeros up to its size.
func appendRecord(dst []byte, h recordHead, rows []row) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, rowsAt)...)
	for _, r := range rows {
		name := r.name()
		dst = binary.AppendUvarint(binary.BigEndian.AppendUint32(dst, uint32(len(r.value))), uint64(len(name)))
		dst = append(dst, name...)
	}
	dst = binary.BigEndian.AppendUint32(dst, checksum(dst[start+rowsAt:]))
	for _, r := range rows {
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(r.value))), r.value...)
	}
	h.encode(dst[start:])
	copy(dst[start+headSize:], dst[start:start+headSize])
	return append(dst, make([]byte, start+int(h.size())-len(dst))...)
}

// readRow is one row of a record, with the room that the list gives for it.
type readRow struct {
	row
	room string // empty: the list is damaged
	ok   bool   // the row is whole
	bit  bool   // after a bit had been put right
}

// readRows reads the rows of a record whose head was whole.
func (h *recordHead) readRows(b []byte) (rows []readRow) {
	b = b[min(rowsAt, len(b)):]
	list := b[:min(int(h.list), len(b))]
	b = b[len(list):]
	b = b[:min(int(h.rows), len(b))]
	whole := len(list) >= sumLen && checksum(list[:len(list)-sumLen]) == binary.BigEndian.Uint32(list[len(list)-sumLen:])
	for i := range h.count {
		var r readRow
		n := -1
		if whole {
			n = int(binary.BigEndian.Uint32(list))
			length, used := binary.Uvarint(list[4:])
			end := 4 + used + int(length)
			r.room, list = string(list[4+used:end]), list[end:]
		} else if len(b) >= 4 {
			n = int(binary.BigEndian.Uint32(b))
		}
		if n >= 0 && 4+n <= len(b) {
			r.value, b = b[4:4+n:4+n], b[4+n:]
		} else {
			b = nil
		}
		r.check(h.first + uint64(i))
		rows = append(rows, r)
	}
	return rows
}

// check sets the row's key, and whether the row is whole.
func (r *readRow) check(seq uint64) {
	name := r.room
	if name == "" {
		name = r.owner()
	}
	r.key = keyOf(seq, idOf(name))
	_, err := r.blobOf(name)
	if err != nil && r.room != "" && r.correct() {
		_, err = r.blobOf(name)
		r.bit = true
	}
	r.ok = err == nil
}

// correct puts one wrong bit right, if one it is: of a short row no other damage is likely
// to look like that. A disk that was cut off while writing leaves whole sectors undone.
func (r *row) correct() bool {
	if len(r.value) < sumLen || len(r.value) > block {
		return false
	}
	stored, body := binary.BigEndian.Uint32(r.value), r.value[sumLen:]
	wrong := checksum(r.key[:], body) ^ stored
	if wrong&(wrong-1) == 0 {
		binary.BigEndian.PutUint32(r.value, stored^wrong)
		return true
	}
	for bit := range 8 {
		effect := castagnoli[1<<bit] // on the checksum, of this bit of the last byte, then of the one before it …
		for at := len(body) - 1; at >= 0; at-- {
			if effect == wrong {
				body[at] ^= 1 << bit
				return true
			}
			effect = castagnoli[byte(effect)] ^ effect>>8
		}
	}
	return false
}
