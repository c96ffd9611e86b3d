package leveldb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// batchHeader is the length in bytes of the header of a batch: the sequence number of its first
// write, and how many there are.
const batchHeader = 12

// memory has the newest write of each key in the logs.
type memory map[string]entry

// addLog adds the writes in a log, which it borrows. It returns the damage, and adds all writes
// that it can read.
func (m memory) addLog(b []byte) error {
	r := logReader{b: b}
	var damage error
	for record, ok := r.next(); ok; record, ok = r.next() {
		if err := m.addBatch(record); damage == nil {
			damage = err
		}
	}
	return errors.Join(r.damage, damage)
}

// addBatch adds the writes of a batch: a put, byte 1, of a key and a value, or the deletion, byte
// 0, of a key.
func (m memory) addBatch(record []byte) error {
	if len(record) < batchHeader {
		return errCut
	}
	sequence := binary.LittleEndian.Uint64(record)
	count := binary.LittleEndian.Uint32(record[8:])
	f := fields{b: record[batchHeader:]}
	for n := range count {
		e := entry{trailer: (sequence + uint64(n)) << 8}
		kind := f.byte()
		e.trailer |= uint64(kind)
		switch e.key = f.string(); kind {
		case deletion:
		case put:
			e.value = f.string()
		default:
			return fmt.Errorf("a write of the unknown kind %d", kind)
		}
		if f.err != nil {
			return f.err
		}
		if old, ok := m[string(e.key)]; !ok || old.trailer <= e.trailer {
			m[string(e.key)] = e
		}
	}
	return nil
}

// sorted returns the writes in order.
func (m memory) sorted() []entry { return slices.SortedFunc(maps.Values(m), entry.compare) }
