package sqlite

import (
	"encoding/binary"
	"io"
)

// A rollback journal has the pages that a transaction has changed, as they were before: in
// segments, each of a header, which takes a sector, and records of a page with its number before
// and a checksum behind it. A journal whose first header is not there is of no transaction.
const (
	journalMagic  = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
	journalHeader = 28
)

// segment is the header of a segment.
type segment struct {
	records uint32 // all up to the end of the file if it is the greatest number
	nonce   uint32
	pages   uint32 // of the database before the transaction
	sector  int64
}

func readSegment(f io.ReaderAt, at int64, pageSize int) (s segment, ok bool) {
	b := make([]byte, journalHeader)
	if _, err := f.ReadAt(b, at); err != nil || string(b[:8]) != journalMagic {
		return s, false
	}
	word := func(i int) uint32 { return binary.BigEndian.Uint32(b[8+4*i:]) }
	s = segment{word(0), word(1), word(2), int64(word(3))}
	return s, s.sector >= journalHeader && s.sector <= 1<<16 && int(word(4)) == pageSize
}

// journalPages returns where pages are in a rollback journal, by their numbers, and the number of
// pages that the database had. ok is false if there is nothing to roll back.
func journalPages(
	f io.ReaderAt, size int64, pageSize int,
) (pages map[uint32]int64, n uint32, ok bool) {
	pages = make(map[uint32]int64)
	record := make([]byte, 4+pageSize+4)
	for begin := int64(0); ; {
		s, found := readSegment(f, begin, pageSize)
		if !found {
			return pages, n, ok
		}
		if !ok {
			n, ok = s.pages, true
		}
		at := begin + s.sector
		for i := uint32(0); i < s.records && at+int64(len(record)) <= size; i++ {
			if _, err := f.ReadAt(record, at); err != nil || !s.checks(record) {
				return pages, n, ok
			}
			number := binary.BigEndian.Uint32(record)
			if _, known := pages[number]; !known {
				pages[number] = at + 4
			}
			at += int64(len(record))
		}
		begin = (at + s.sector - 1) / s.sector * s.sector
	}
}

// checks reports whether a record's checksum is right: the nonce and every 200th byte of the page,
// from its end.
func (s segment) checks(record []byte) bool {
	page := record[4 : len(record)-4]
	sum := s.nonce
	for i := len(page) - 200; i > 0; i -= 200 {
		sum += uint32(page[i])
	}
	return sum == binary.BigEndian.Uint32(record[len(record)-4:])
}
