package pages

import "fmt"

// free checks the list of free pages: one that is in use would be written over.
func (w *Walker) free() {
	p, err := w.page(w.meta.freelist)
	if err == nil && (p.flags != flagFreelist || !w.claim(p.id, p.pages)) {
		err = fmt.Errorf("page %d is not the list of free pages", p.id)
	}
	if err != nil {
		w.fault(err)
		return
	}
	n, at := int64(p.count), int64(pageHead)
	if n == 0xFFFF {
		if b, err := w.bytes(p, at, 8); err == nil {
			n, at = int64(native.Uint64(b)), at+8
		}
	}
	if n < 0 || n > p.len/8 {
		w.fault(fmt.Errorf("page %d: the list of free pages is too long", p.id))
		return
	}
	b, err := w.bytes(p, at, 8*n)
	if err != nil {
		w.fault(err)
		return
	}
	for ; len(b) >= 8; b = b[8:] {
		id := native.Uint64(b)
		if id < 2 || id >= w.meta.pages || id/64 >= uint64(len(w.seen)) || !w.claim(id, 1) {
			w.fault(fmt.Errorf("page %d is in use, or is none, and is listed as free", id))
			return
		}
	}
}
