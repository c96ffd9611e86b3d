package sqlite

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// pages are the pages of a database, from 1 on.
type pages struct {
	header
	file  *os.File
	count uint32
	newer *os.File         // the write-ahead log or the rollback journal; nil: neither is needed
	at    map[uint32]int64 // where pages are in newer
	bytes int64            // the length of both files
}

// openPages opens a database, and its log or journal.
func openPages(name string) (p *pages, err error) {
	p = new(pages)
	if p.file, err = os.Open(name); err != nil {
		return nil, err
	}
	if err = p.readHeader(); err == nil {
		err = p.readChanges(name)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *pages) readHeader() error {
	b := make([]byte, headerLen)
	n, err := io.ReadFull(p.file, b)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	if p.header, err = parseHeader(b[:n]); err != nil {
		return fmt.Errorf("%w (%s)", err, p.file.Name())
	}
	p.bytes = info.Size()
	p.count = uint32(min(info.Size()/int64(p.pageSize), 1<<32-2))
	return nil
}

// readChanges reads the rollback journal, or else the write-ahead log. A database has at most one
// of both.
func (p *pages) readChanges(name string) error {
	if f, size, err := openIfThere(name + "-journal"); f != nil {
		if at, n, ok := journalPages(f, size, p.pageSize); ok {
			p.overlay(f, size, at, n)
			return nil
		}
		f.Close()
	} else if err != nil {
		return err
	}
	f, size, err := openIfThere(name + "-wal")
	if f == nil {
		return err
	}
	if at, n := walPages(f, size, p.pageSize); n > 0 {
		p.overlay(f, size, at, n)
		return nil
	}
	return f.Close()
}

// overlay takes pages from another file, and sets the number of pages of the database. It may not
// have more than both files.
func (p *pages) overlay(f *os.File, size int64, at map[uint32]int64, count uint32) {
	p.newer, p.at = f, at
	p.bytes += size
	p.count = uint32(min(int64(count), p.bytes/int64(p.pageSize)))
}

// openIfThere opens a file that may be missing; it is nil then.
func openIfThere(name string) (f *os.File, size int64, err error) {
	f, err = os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// read returns a page.
func (p *pages) read(number uint32) ([]byte, error) {
	if number == 0 || number > p.count {
		return nil, fmt.Errorf("%w: page %d of %d", imports.ErrDamaged, number, p.count)
	}
	from, at := p.file, int64(number-1)*int64(p.pageSize)
	if place, ok := p.at[number]; ok {
		from, at = p.newer, place
	}
	b := make([]byte, p.pageSize)
	if _, err := from.ReadAt(b, at); err != nil {
		return nil, fmt.Errorf("%w: page %d: %w", imports.ErrDamaged, number, err)
	}
	return b[:p.usable], nil
}

func (p *pages) close() {
	p.file.Close()
	if p.newer != nil {
		p.newer.Close()
	}
}
