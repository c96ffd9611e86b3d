package wal

import "encoding/binary"

// The form of a record. doc.go describes it.
const (
	recordMagic = 0xC1B1C7A1
	headerSize  = 5*4 + 3*8 + sumLen
	indexAt     = 2 * headerSize // in a record

	flagSynced = 1 // records begin at blocks, and each was on the disk before the next was written
)

// header is the header of a record, which begins with two copies of it.
type header struct {
	count uint32 // of rows
	index uint32 // length of the index, with its checksum, in bytes
	rows  uint32 // length of the rows, in bytes
	flags uint32
	first uint64 // sequence number of the first row
	log   uint64 // random number of the log that the record was written to
	txid  uint64 // number of the database's newest transaction
}

func (h *header) encode(dst []byte) {
	for i, n := range [...]uint32{recordMagic, h.count, h.index, h.rows, h.flags} {
		binary.BigEndian.PutUint32(dst[4*i:], n)
	}
	for i, n := range [...]uint64{h.first, h.log, h.txid} {
		binary.BigEndian.PutUint64(dst[20+8*i:], n)
	}
	binary.BigEndian.PutUint32(dst[headerSize-sumLen:], Checksum(dst[:headerSize-sumLen]))
}

// parseHeader returns the first of the two copies that is undamaged.
func parseHeader(b []byte) (h header, ok bool) {
	for range 2 {
		if len(b) < headerSize {
			return h, false
		}
		if binary.BigEndian.Uint32(b) == recordMagic && endsInChecksum(b[:headerSize]) {
			for i, n := range [...]*uint32{&h.count, &h.index, &h.rows, &h.flags} {
				*n = binary.BigEndian.Uint32(b[4+4*i:])
			}
			for i, n := range [...]*uint64{&h.first, &h.log, &h.txid} {
				*n = binary.BigEndian.Uint64(b[20+8*i:])
			}
			return h, true
		}
		b = b[headerSize:]
	}
	return h, false
}

// endsInChecksum reports whether b ends in the checksum of the bytes before it.
func endsInChecksum(b []byte) bool {
	n := len(b) - sumLen
	return n >= 0 && Checksum(b[:n]) == binary.BigEndian.Uint32(b[n:])
}

// size returns the record's length in the file, with the zeros behind it, in bytes.
func (h *header) size() int64 {
	n := indexAt + int64(h.index) + int64(h.rows)
	if h.flags&flagSynced != 0 {
		n = (n + blockSize - 1) &^ (blockSize - 1)
	}
	return n
}

func (h *header) synced() bool { return h.flags&flagSynced != 0 }

// last returns the sequence number of the last row.
func (h *header) last() uint64 { return h.first + uint64(h.count) - 1 }

// headerOf returns the header of a record of rows, of which there is at least one.
func headerOf(rows []Row) header {
	h := header{count: uint32(len(rows)), index: sumLen, first: rows[0].Key.Seq()}
	for _, r := range rows {
		n := len(r.name())
		h.index += uint32(4 + varintLen(n) + n)
		h.rows += uint32(4 + len(r.Value))
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
func appendRecord(dst []byte, h header, rows []Row) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, indexAt)...)
	for _, r := range rows {
		name := r.name()
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.Value)))
		dst = binary.AppendUvarint(dst, uint64(len(name)))
		dst = append(dst, name...)
	}
	dst = binary.BigEndian.AppendUint32(dst, Checksum(dst[start+indexAt:]))
	for _, r := range rows {
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(r.Value))), r.Value...)
	}
	h.encode(dst[start:])
	copy(dst[start+headerSize:], dst[start:start+headerSize])
	return append(dst, make([]byte, start+int(h.size())-len(dst))...)
}

// parsedRow is one row of a record.
type parsedRow struct {
	Row
	room      string // its key by the index; empty: the index is damaged
	ok        bool   // the row is undamaged
	corrected bool   // after a bit had been corrected
}

// parseRows reads the rows of a record whose header is undamaged.
func (h *header) parseRows(b []byte) (rows []parsedRow) {
	b = b[min(indexAt, len(b)):]
	index := b[:min(int(h.index), len(b))]
	b = b[len(index):]
	b = b[:min(int(h.rows), len(b))]
	intact := endsInChecksum(index)
	for i := range h.count {
		var r parsedRow
		n := -1
		if intact {
			n = int(binary.BigEndian.Uint32(index))
			length, used := binary.Uvarint(index[4:])
			end := 4 + used + int(length)
			r.room, index = string(index[4+used:end]), index[end:]
		} else if len(b) >= 4 {
			n = int(binary.BigEndian.Uint32(b))
		}
		if n >= 0 && 4+n <= len(b) {
			r.Value, b = b[4:4+n:4+n], b[4+n:]
		} else {
			b = nil
		}
		r.check(h.first + uint64(i))
		rows = append(rows, r)
	}
	return rows
}

// check sets the row's key, ok and corrected.
func (r *parsedRow) check(seq uint64) {
	name := r.room
	if name == "" {
		name = r.Owner()
	}
	r.Key = KeyOf(seq, IDOf(name))
	_, err := r.Blob(name)
	if err != nil && r.room != "" && r.correctBit() {
		_, err = r.Blob(name)
		r.corrected = true
	}
	r.ok = err == nil
}
