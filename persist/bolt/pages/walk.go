package pages

import (
	"bytes"
	"fmt"
)

// Walker walks through all buckets of a file, page by page, and past damage.
type Walker struct {
	*File

	// Bucket and Value are called for each bucket and each value, in order, if they are not nil.
	// path are the names of the buckets around. They borrow their arguments. Their errors end the
	// walk.
	Bucket func(path [][]byte, sequence uint64) error
	Value  func(path [][]byte, key, value []byte) error

	Faults []error // the first 20 damaged places
	Faulty int     // number of damaged places

	seen []uint64 // a bit a page: it is in use
}

const (
	maxFaults  = 20
	maxNesting = 8
)

// Walk walks through all buckets, and the list of free pages. It returns an error of Bucket or
// Value.
func (w *Walker) Walk() error {
	if w.meta.pages > uint64(w.size/w.pageSize) {
		behind := w.meta.pages - uint64(w.size/w.pageSize)
		w.fault(fmt.Errorf("%d of %d pages are behind the end of the file", behind, w.meta.pages))
	}
	if w.corrected {
		w.fault(fmt.Errorf("a bit of the meta page is wrong"))
	}
	w.seen = make([]uint64, min(w.meta.pages, uint64(w.size/w.pageSize))/64+1)
	if err := w.tree(nil, w.meta.root, nil, nil, 0); err != nil {
		return err
	}
	w.free()
	return nil
}

func (w *Walker) fault(err error) {
	if w.Faulty++; len(w.Faults) < maxFaults {
		w.Faults = append(w.Faults, err)
	}
}

// claim marks pages as in use, and returns false if one is already.
func (w *Walker) claim(id, n uint64) bool {
	for i := id; i < id+n; i++ {
		if w.seen[i/64]&(1<<(i%64)) != 0 {
			return false
		}
	}
	for i := id; i < id+n; i++ {
		w.seen[i/64] |= 1 << (i % 64)
	}
	return true
}

// tree walks through the tree under a page, whose keys are below high and begin with low, the key
// in its branch. bbolt looks a page that it has changed up in the branch by the page's first key:
// it would keep one that the branch has under another key, and give out the page that it replaces.
// low is nil for a root.
func (w *Walker) tree(path [][]byte, id uint64, low, high []byte, depth int) error {
	p, err := w.page(id)
	if err == nil && !w.claim(id, p.pages) {
		err = fmt.Errorf("page %d is used twice", id)
	}
	if err != nil {
		w.fault(err)
		return nil
	}
	return w.elements(path, p, low, high, depth)
}

func (w *Walker) elements(path [][]byte, p page, low, high []byte, depth int) error {
	if p.flags != flagLeaf && (p.flags != flagBranch || p.at < 0 || p.count == 0) || depth > 64 {
		w.fault(fmt.Errorf("page %d is of a wrong type", p.id))
		return nil
	}
	if low != nil && p.count == 0 {
		w.fault(fmt.Errorf("page %d is empty", p.id))
	}
	next := int64(pageHead + p.count*elementLen)
	last, damaged := low, false
	for i := range p.count {
		e, err := w.element(p, i, &next)
		if err == nil {
			err = w.order(p, i, e.key, last, high)
		}
		if err != nil && !damaged { // one fault a page: mostly the others follow from it
			w.fault(err)
			damaged = true
		}
		if e.key == nil || e.value+e.size > p.len {
			continue
		}
		last = e.key
		if err := w.enter(path, p, e, i, high, depth); err != nil {
			return err
		}
	}
	return nil
}

// order checks the key of the i-th element of a page. last is the key before it, or that of the
// page in its branch.
func (w *Walker) order(p page, i int, key, last, high []byte) error {
	order := bytes.Compare(key, last)
	switch {
	case i == 0 && last != nil && order != 0:
		return fmt.Errorf("page %d has another key in its branch", p.id)
	case i > 0 && order <= 0, high != nil && bytes.Compare(key, high) >= 0:
		return fmt.Errorf("page %d: keys are not in order", p.id)
	}
	return nil
}

// enter walks on in an element.
func (w *Walker) enter(path [][]byte, p page, e element, i int, high []byte, depth int) error {
	if p.flags == flagBranch {
		if i+1 < p.count {
			var ignored int64
			if following, err := w.element(p, i+1, &ignored); following.key != nil || err == nil {
				high = following.key
			}
		}
		return w.tree(path, e.child, e.key, high, depth+1)
	}
	if len(e.key) == 0 || !e.bucket && w.Value == nil { // nothing is stored under an empty key
		return nil
	}
	value, err := w.bytes(p, e.value, e.size)
	if err != nil {
		w.fault(err)
		return nil
	}
	if !e.bucket {
		return w.Value(path, e.key, value)
	}
	return w.bucket(append(path[:len(path):len(path)], e.key), value)
}

func (w *Walker) bucket(path [][]byte, value []byte) error {
	if len(value) < bucketHead || len(path) > maxNesting {
		w.fault(fmt.Errorf("bucket %q is damaged", path[len(path)-1]))
		return nil
	}
	if w.Bucket != nil {
		if err := w.Bucket(path, native.Uint64(value[8:])); err != nil {
			return err
		}
	}
	if root := native.Uint64(value); root != 0 {
		return w.tree(path, root, nil, nil, 0)
	}
	p, err := inline(value)
	if err != nil {
		w.fault(err)
		return nil
	}
	return w.elements(path, p, nil, nil, 0)
}
