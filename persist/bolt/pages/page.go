// Package pages reads the file of a bbolt database page by page, and trusts nothing in it. bbolt
// itself trusts what it reads: a wrong page number makes it crash, loop, or overwrite pages that
// are in use. So a store walks its file with a Walker before bbolt opens it, and copies the
// undamaged data if pages are damaged.
//
// Files, in layers; each uses only what is listed before it:
//
//	page.go                         pages and their elements
//	walk.go freelist.go             a walk through all of them
//	lock_unix.go lock_other.go      bbolt's lock of the file
package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// The file format of bbolt, version 2, in the byte order of the machine. A page begins with its
// number in 8 bytes, its flags and how many elements it has in 2 each, and the number of pages that
// follow and belong to it in 4. An element of a branch has the offset of its key, counted from the
// element, and the length of that, in 4 bytes each, and the number of a page; an element of a leaf
// has flags, the offset of its key, and the lengths of the key and of the value behind it, in 4
// each. A bucket is a value: the number of its root page and its sequence, and if the number is 0 a
// page without a number of its own. The two meta pages hold the newest two transactions.
const (
	pageHead     = 16
	elementLen   = 16
	bucketHead   = 16
	metaLen      = 56 // without its checksum
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	flagBranch   = 1
	flagLeaf     = 2
	flagFreelist = 16
	flagBucket   = 1 // of a leaf's element
)

var native = binary.NativeEndian

// File is the file of a database, of which the newest transaction was found.
type File struct {
	file      io.ReaderAt
	size      int64
	pageSize  int64
	meta      metaPage
	corrected bool // meta could be read only after a bit of it had been turned
}

type metaPage struct {
	root, freelist, pages, txid uint64
	pageSize                    uint32
}

var errMeta = errors.New("both meta pages are damaged")

// Open finds the newest transaction. A meta page with one wrong bit is corrected: no other bit
// would make its checksum of 64 bits fit. The second meta page is the second page. If the first
// does not have the page size, it is the first place that looks like a meta page: later ones may be
// stored data.
func Open(file io.ReaderAt, size int64) (*File, error) {
	f := &File{file: file, size: size}
	found := f.readMeta(0)
	places := []int64{int64(f.meta.pageSize)}
	if !found {
		places = []int64{1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16}
	}
	for _, at := range places {
		if f.readMeta(at) {
			found = true
			break
		}
	}
	if !found {
		return nil, errMeta
	}
	f.pageSize = int64(f.meta.pageSize)
	return f, nil
}

// readMeta takes over the meta page at a place if it is one, and newer.
func (f *File) readMeta(at int64) bool {
	b := make([]byte, metaLen+8)
	if _, err := f.file.ReadAt(b, at+pageHead); err != nil {
		return false
	}
	meta, corrected, ok := readMeta(b)
	if !ok || at != 0 && int64(meta.pageSize) != at {
		return false
	}
	if meta.txid > f.meta.txid || f.meta.pageSize == 0 {
		f.meta, f.corrected = meta, corrected
	}
	return true
}

func readMeta(b []byte) (meta metaPage, corrected, ok bool) {
	if meta, ok = parseMeta(b); ok {
		return meta, false, true
	}
	for bit := range 8 * len(b) {
		b[bit/8] ^= 1 << (bit % 8)
		if meta, ok = parseMeta(b); ok {
			return meta, true, true
		}
		b[bit/8] ^= 1 << (bit % 8)
	}
	return meta, false, false
}

func parseMeta(b []byte) (meta metaPage, ok bool) {
	h := fnv.New64a()
	_, _ = h.Write(b[:metaLen]) // never fails
	size := native.Uint32(b[8:])
	if native.Uint64(b[metaLen:]) != h.Sum64() ||
		native.Uint32(b) != metaMagic || native.Uint32(b[4:]) != metaVersion ||
		size < 512 || size > 64<<10 || size&(size-1) != 0 {
		return meta, false
	}
	return metaPage{
		root: native.Uint64(b[16:]), freelist: native.Uint64(b[32:]), pages: native.Uint64(b[40:]),
		txid: native.Uint64(b[48:]), pageSize: size,
	}, true
}

// page is a page with its overflow pages, or an inline one, which is part of a value.
type page struct {
	id    uint64
	flags uint16
	count int
	first []byte // the page without its overflow pages
	at    int64  // in the file; of an inline page -1
	len   int64  // with its overflow pages
	pages uint64 // with those that follow
}

// page reads a page's head and checks it.
func (f *File) page(id uint64) (p page, err error) {
	if id < 2 || id >= f.meta.pages {
		return p, fmt.Errorf("there is no page %d", id)
	}
	b := make([]byte, f.pageSize)
	p = page{id: id, at: int64(id) * f.pageSize}
	if _, err := f.file.ReadAt(b, p.at); err != nil {
		return p, fmt.Errorf("page %d: %w", id, err)
	}
	if got := native.Uint64(b); got != id {
		return p, fmt.Errorf("page %d has the number %d", id, got)
	}
	p.first, p.flags, p.count = b, native.Uint16(b[8:]), int(native.Uint16(b[10:]))
	p.pages = 1 + uint64(native.Uint32(b[12:]))
	if id+p.pages > f.meta.pages {
		return p, fmt.Errorf("page %d: its overflow pages are beyond the end", id)
	}
	if p.len = int64(p.pages) * f.pageSize; p.at+p.len > f.size {
		return p, fmt.Errorf("page %d: the file ends in it", id)
	}
	return p, nil
}

// inline returns the page that a bucket's value has.
func inline(value []byte) (p page, err error) {
	b := value[bucketHead:]
	if len(b) < pageHead {
		return p, errors.New("a bucket is too short")
	}
	return page{
		flags: native.Uint16(b[8:]), count: int(native.Uint16(b[10:])),
		first: b, at: -1, len: int64(len(b)),
	}, nil
}

// bytes returns n bytes of the page from off on.
func (f *File) bytes(p page, off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off+n > p.len {
		return nil, fmt.Errorf("page %d: an element lies outside of it", p.id)
	}
	if off+n <= int64(len(p.first)) {
		return p.first[off : off+n : off+n], nil
	}
	b := make([]byte, n)
	if _, err := f.file.ReadAt(b, p.at+off); err != nil {
		return nil, fmt.Errorf("page %d: %w", p.id, err)
	}
	return b, nil
}

// element is an element of a page, without its value.
type element struct {
	key    []byte
	child  uint64 // of a branch
	bucket bool   // the value is a bucket
	value  int64  // where it is in the page
	size   int64  // its length
}

// element reads the i-th element. Data stands in the order of elements, without gaps: next is the
// offset at which the data of this element must begin, and is set to that of the next element.
func (f *File) element(p page, i int, next *int64) (e element, err error) {
	at := int64(pageHead + i*elementLen)
	b, err := f.bytes(p, at, elementLen)
	if err != nil {
		return e, err
	}
	pos, klen := int64(native.Uint32(b)), int64(native.Uint32(b[4:]))
	if p.flags == flagBranch {
		e.child = native.Uint64(b[8:])
	} else {
		flags := native.Uint32(b)
		if e.bucket = flags == flagBucket; flags > flagBucket {
			return e, fmt.Errorf("page %d: element %d has unknown flags", p.id, i)
		}
		pos, klen = int64(native.Uint32(b[4:])), int64(native.Uint32(b[8:]))
		e.size = int64(native.Uint32(b[12:]))
	}
	if e.key, err = f.bytes(p, at+pos, klen); err != nil {
		return e, err
	}
	if e.value = at + pos + klen; e.value+e.size > p.len {
		return e, fmt.Errorf("page %d: element %d ends outside of it", p.id, i)
	}
	if klen == 0 || at+pos != *next {
		err = fmt.Errorf("page %d: element %d is not where it should be", p.id, i)
	}
	*next = e.value + e.size
	return e, err
}
