package sqlite

import (
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// The kinds of pages of a table.
const (
	interior = 0x05
	leaf     = 0x0d
)

// deepest is the greatest depth of a tree that is read. SQLite's own are at most 20 deep.
const deepest = 64

// walk reads the rows of a table, in order of their numbers.
type walk struct {
	*pages
	seen  pageSet // pages that were read: no page is in a tree twice
	yield func(payload []byte, err error) bool
}

// rows returns the contents of the rows of the table with a first page.
func (p *pages) rows(page uint32) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		w := walk{pages: p, seen: newPageSet(p.count), yield: yield}
		w.page(page, 0)
	}
}

// page yields the rows of a page and of those below. A damaged page, or row, is yielded as an
// error, and the others are read. It returns false once yield does.
func (w *walk) page(number uint32, depth int) bool {
	b, kind, err := w.node(number, depth)
	if err != nil {
		return w.yield(nil, err)
	}
	at := headerAt(number)
	cells := int(binary.BigEndian.Uint16(b[at+3:]))
	first := at + 8
	if kind == interior {
		first = at + 12
	}
	if first+2*cells > len(b) {
		return w.yield(nil, damaged(number))
	}
	for i := range cells {
		place := int(binary.BigEndian.Uint16(b[first+2*i:]))
		if !w.cell(number, b, place, kind, depth) {
			return false
		}
	}
	if kind == leaf {
		return true
	}
	return w.page(binary.BigEndian.Uint32(b[at+8:]), depth+1)
}

// cell yields a row, or the rows below.
func (w *walk) cell(number uint32, b []byte, place int, kind byte, depth int) bool {
	switch {
	case place+4 > len(b):
		return w.yield(nil, damaged(number))
	case kind == interior:
		return w.page(binary.BigEndian.Uint32(b[place:]), depth+1)
	}
	payload, err := w.payload(b[place:])
	if err != nil {
		err = fmt.Errorf("%w: page %d: %w", imports.ErrDamaged, number, err)
	}
	return w.yield(payload, err)
}

// node reads a page of the tree, and returns its kind.
func (w *walk) node(number uint32, depth int) (b []byte, kind byte, err error) {
	if number > w.count || depth > deepest || !w.seen.add(number) {
		return nil, 0, damaged(number)
	}
	if b, err = w.read(number); err != nil {
		return nil, 0, err
	}
	if kind = b[headerAt(number)]; kind != interior && kind != leaf {
		return nil, 0, damaged(number)
	}
	return b, kind, nil
}

// pageSet is a set of pages of a database, a bit for each.
type pageSet []uint64

func newPageSet(count uint32) pageSet { return make(pageSet, count/64+1) }

// add adds a page, and reports whether it was not in the set. The page is at most the last.
func (s pageSet) add(number uint32) bool {
	bit := uint64(1) << (number % 64)
	added := s[number/64]&bit == 0
	s[number/64] |= bit
	return added
}

// headerAt returns where the header of a page of a tree begins: in the first page it is behind that
// of the database.
func headerAt(number uint32) int {
	if number == 1 {
		return headerLen
	}
	return 0
}

func damaged(number uint32) error {
	return fmt.Errorf("%w: page %d: %w", imports.ErrDamaged, number, errPage)
}

// payload returns the content of a row, of which a cell has the length, the number, the beginning,
// and the first page with more.
func (w *walk) payload(cell []byte) ([]byte, error) {
	length, n := varint(cell)
	_, m := varint(cell[n:])
	if n == 0 || m == 0 || length > uint64(min(w.bytes, imports.MaxBytes)) {
		return nil, errPage
	}
	cell = cell[n+m:]
	local := w.local(int(length))
	if local > len(cell) {
		return nil, errPage
	}
	if local == int(length) {
		return cell[:local:local], nil
	}
	if local+4 > len(cell) {
		return nil, errPage
	}
	content := append(make([]byte, 0, length), cell[:local]...)
	return w.overflow(content, int(length), binary.BigEndian.Uint32(cell[local:]))
}

// local returns how many bytes of a row of a length are in its page.
func (w *walk) local(length int) int {
	most := w.usable - 35
	if length <= most {
		return length
	}
	least := (w.usable-12)*32/255 - 23
	if k := least + (length-least)%(w.usable-4); k <= most {
		return k
	}
	return least
}

// overflow appends the rest of a row, which is in a chain of pages that begins with next.
func (w *walk) overflow(content []byte, length int, next uint32) ([]byte, error) {
	for len(content) < length {
		if next > w.count || !w.seen.add(next) {
			return nil, errPage
		}
		b, err := w.read(next)
		if err != nil {
			return nil, err
		}
		next = binary.BigEndian.Uint32(b)
		content = append(content, b[4:min(len(b), 4+length-len(content))]...)
	}
	return content, nil
}
