package wal

import "encoding/binary"

// parseOldLog reads the log of layouts of the store before 3: records of a length, a CRC-32C and
// rows.
func parseOldLog(b []byte, last uint64) (rows []Row, old bool) {
	for {
		if len(b) < 4+sumLen {
			return rows, old
		}
		n, sum := uint64(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint32(b[4:])
		b = b[4+sumLen:]
		if n == 0 || n > uint64(len(b)) || Checksum(b[:n]) != sum {
			return rows, old
		}
		old = true
		rows, last = appendOldRows(rows, b[:n], last)
		b = b[n:]
	}
}

// appendOldRows appends the rows of one record that are newer than last.
func appendOldRows(rows []Row, body []byte, last uint64) ([]Row, uint64) {
	const headLen = 4 + keyLen
	for len(body) >= headLen {
		n := headLen + int(binary.BigEndian.Uint32(body))
		if r := (Row{Key(body[4:]), body[headLen:n:n]}); r.Key.Seq() > last {
			rows, last = append(rows, r), r.Key.Seq()
		}
		body = body[n:]
	}
	return rows, last
}
