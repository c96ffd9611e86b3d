package leveldb

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// fileInfo describes a table, as the manifest does.
type fileInfo struct {
	number            uint64
	smallest, largest []byte // the least and the greatest key
}

// manifest is the list of files that make the database.
type manifest struct {
	log      uint64 // the logs from this one on are not in tables yet
	prevLog  uint64 // nor is this one; 0: there is none
	tables   map[uint64]fileInfo
	comparer string
}

// The tags of the fields of a change of the manifest.
const (
	tagComparator     = 1
	tagLog            = 2
	tagNextFile       = 3
	tagLastSequence   = 4
	tagCompactPointer = 5
	tagDeletedFile    = 6
	tagNewFile        = 7
	tagPrevLog        = 9
)

const bytewise = "leveldb.BytewiseComparator"

// readManifest reads a manifest. Nothing of a damaged one is used.
func readManifest(b []byte) (m manifest, err error) {
	m.tables = make(map[uint64]fileInfo)
	r := logReader{b: b}
	for record, ok := r.next(); ok; record, ok = r.next() {
		if err := m.apply(record); err != nil {
			return m, err
		}
	}
	switch {
	case r.damage != nil:
		return m, r.damage
	case m.comparer != bytewise:
		return m, fmt.Errorf("keys are in the order of %q, which is not known", m.comparer)
	}
	return m, nil
}

// apply applies a change.
func (m *manifest) apply(record []byte) error {
	f := fields{b: record}
	for len(f.b) > 0 {
		switch tag := f.uvarint(); tag {
		case tagComparator:
			m.comparer = string(f.string())
		case tagLog:
			m.log = f.uvarint()
		case tagPrevLog:
			m.prevLog = f.uvarint()
		case tagNextFile, tagLastSequence:
			f.uvarint()
		case tagCompactPointer:
			f.uvarint()
			f.string()
		case tagDeletedFile:
			f.uvarint()
			delete(m.tables, f.uvarint())
		case tagNewFile:
			m.add(&f)
		default:
			return fmt.Errorf("a field of the unknown type %d", tag)
		}
	}
	return f.err
}

// add adds a table: its level, number and size, and its least and greatest key.
func (m *manifest) add(f *fields) {
	f.uvarint()
	t := fileInfo{number: f.uvarint()}
	f.uvarint()
	smallest, ok := parseKey(f.string())
	largest, also := parseKey(f.string())
	if !ok || !also {
		f.fail()
	}
	if t.smallest, t.largest = smallest.key, largest.key; f.err == nil {
		m.tables[t.number] = t
	}
}

// list returns the tables in order of their numbers.
func (m *manifest) list() []fileInfo {
	return slices.SortedFunc(maps.Values(m.tables), func(a, b fileInfo) int {
		return cmp.Compare(a.number, b.number)
	})
}
