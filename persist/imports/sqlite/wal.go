package sqlite

import (
	"encoding/binary"
	"io"
)

// A write-ahead log has a header, and frames, each of a header and a page.
const (
	walHeader   = 32
	frameHeader = 24
	walMagic    = 0x377f0682 // the lowest bit: checksums are of big-endian words
)

// walPages returns where pages are in a write-ahead log, by their numbers, and the number of pages
// of the database. Only frames through the last that commits a transaction count; 0 pages: there
// is none.
func walPages(f io.ReaderAt, size int64, pageSize int) (at map[uint32]int64, pages uint32) {
	head := make([]byte, walHeader)
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, 0
	}
	kind := binary.BigEndian.Uint32(head)
	s := walSum{order: binary.LittleEndian}
	if kind&1 != 0 {
		s.order = binary.BigEndian
	}
	s.add(head[:24])
	framed := binary.BigEndian.Uint32(head[8:]) // the size of pages
	if kind&^1 != walMagic || int(framed) != pageSize || !s.is(head[24:]) {
		return nil, 0
	}
	at, open := make(map[uint32]int64), make(map[uint32]int64)
	frame := make([]byte, frameHeader+pageSize)
	for begin := int64(walHeader); begin+int64(len(frame)) <= size; begin += int64(len(frame)) {
		if _, err := f.ReadAt(frame, begin); err != nil {
			break
		}
		s.add(frame[:8])
		s.add(frame[frameHeader:])
		if string(frame[8:16]) != string(head[16:24]) || !s.is(frame[16:]) {
			break
		}
		open[binary.BigEndian.Uint32(frame)] = begin + frameHeader
		if n := binary.BigEndian.Uint32(frame[4:]); n > 0 {
			for number, place := range open {
				at[number] = place
			}
			clear(open)
			pages = n
		}
	}
	return at, pages
}

// walSum is the checksum of a write-ahead log: of everything from its beginning on.
type walSum struct {
	order binary.ByteOrder
	a, b  uint32
}

// add adds a multiple of 8 bytes.
func (s *walSum) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		s.a += s.order.Uint32(b) + s.b
		s.b += s.order.Uint32(b[4:]) + s.a
	}
}

// is reports whether the checksum is the one that is stored.
func (s *walSum) is(stored []byte) bool {
	return binary.BigEndian.Uint32(stored) == s.a && binary.BigEndian.Uint32(stored[4:]) == s.b
}
