package leveldb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The footer of a table: the places of two blocks, zeros, and a magic number in the last 8 bytes.
const (
	footerLen = 48
	magic     = 0xdb4775248b80fb57
)

// handle is the place of a block in a table, without its trailer.
type handle struct{ offset, size uint64 }

func (f *fields) handle() handle { return handle{f.uvarint(), f.uvarint()} }

// indexed is a block of a table, with a key that is not less than all of its keys.
type indexed struct {
	through []byte
	at      handle
}

// table reads the writes of a table in order, a block at a time.
type table struct {
	name   string
	info   fileInfo
	from   []byte // keys below are left out
	damage func(Damage)

	file   *os.File // nil: it is not open
	size   uint64
	opened bool
	index  []indexed // the blocks that are not read yet
	block  blockReader
	last   []byte // no key of the current block is greater
	entry  entry  // the current one; before the table is open its least key
	passed []byte // no key that is not read yet is less
}

// newTable returns the reader of a table from a key on. The file is opened when the first entry is
// needed.
func newTable(name string, info fileInfo, from []byte, damage func(Damage)) *table {
	t := &table{name: name, info: info, from: from, damage: damage, passed: info.smallest}
	t.entry = entry{key: info.smallest, trailer: 1<<64 - 1}
	return t
}

func (t *table) head() entry { return t.entry }
func (t *table) ready() bool { return t.opened }

// next moves to the next entry. At the end it closes the file, and returns false. It reports what
// is damaged, and goes on behind it.
func (t *table) next() bool {
	if !t.opened {
		t.opened = true
		if err := t.open(); err != nil {
			t.report(t.info.largest, err)
			t.close()
			return false
		}
	}
	for {
		if t.inBlock() {
			return true
		}
		if t.block.err != nil {
			t.report(t.last, errBlock)
		}
		if len(t.index) == 0 {
			t.close()
			return false
		}
		t.nextBlock()
	}
}

// inBlock moves to the next entry of the current block.
func (t *table) inBlock() bool {
	for {
		key, value, ok := t.block.next()
		if !ok {
			return false
		}
		e, ok := parseKey(key)
		if !ok || bytes.Compare(e.key, t.passed) < 0 || byte(e.trailer) > put {
			t.block.fail()
			return false
		}
		t.passed = e.key
		if bytes.Compare(e.key, t.from) >= 0 {
			t.entry = entry{e.key, e.trailer, value}
			return true
		}
	}
}

// nextBlock goes on with the next block.
func (t *table) nextBlock() {
	b := t.index[0]
	t.index, t.block, t.last = t.index[1:], blockReader{}, b.through
	content, err := t.read(b.at)
	if err == nil {
		t.block, err = newBlockReader(content)
	}
	if err != nil {
		t.report(b.through, err)
	}
}

// report reports the keys from the current one through another as damaged, and passes over them.
func (t *table) report(through []byte, err error) {
	t.damage(Damage{t.passed, through, fmt.Errorf("%s: %w", filepath.Base(t.name), err)})
	t.passed = through
}

// open opens the file, and reads its index.
func (t *table) open() (err error) {
	if t.file, err = os.Open(t.name); err != nil {
		return errors.Unwrap(err)
	}
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	if t.size = uint64(info.Size()); t.size < footerLen {
		return errBlock
	}
	footer := make([]byte, footerLen)
	if _, err := t.file.ReadAt(footer, info.Size()-footerLen); err != nil {
		return err
	}
	f := fields{b: footer}
	f.handle()
	at := f.handle()
	if f.err != nil || binary.LittleEndian.Uint64(footer[footerLen-8:]) != magic {
		return errBlock
	}
	return t.readIndex(at)
}

// readIndex reads the index, without the blocks whose keys are all below from.
func (t *table) readIndex(at handle) error {
	content, err := t.read(at)
	if err != nil {
		return err
	}
	r, err := newBlockReader(content)
	if err != nil {
		return err
	}
	for key, value, ok := r.next(); ok; key, value, ok = r.next() {
		f := fields{b: value}
		through, ok := parseKey(key)
		b := indexed{through.key, f.handle()}
		if !ok || f.err != nil {
			return errBlock
		}
		if bytes.Compare(b.through, t.from) >= 0 {
			t.index = append(t.index, b)
		} else {
			t.passed = b.through
		}
	}
	return r.err
}

// read reads a block.
func (t *table) read(at handle) ([]byte, error) {
	if at.offset > t.size || at.size > t.size-at.offset {
		return nil, errBlock
	}
	b := make([]byte, at.size+blockTrailer)
	if _, err := t.file.ReadAt(b, int64(at.offset)); err != nil {
		if err == io.EOF {
			err = errBlock
		}
		return nil, err
	}
	return openBlock(b)
}

func (t *table) close() {
	if t.file != nil {
		t.file.Close()
		t.file = nil
	}
}
