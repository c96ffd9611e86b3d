package bolt

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"time"
)

// tail is the file that holds rows which the database does not have yet. Writing a
// few rows there and syncing them is one write of a block or two, where bbolt takes
// two syncs and half a dozen pages, however few rows it is for.
//
// With Config.Async it is not synced: the death of the process loses nothing then,
// but a power cut may take any of its blocks; a row is safe once it is in the
// database. (bbolt's own NoSync risks the whole file instead of the last rows.)
//
// record.go says what is in it, one record an Append.
// Where the file is synced a record begins at a block and zeros follow it up to the end
// of one: no block with rows that are safe is written again.
// Once its rows are in the database the file is written again from the start, over
// what is there: what stays behind the newest record has numbers the database
// already knows, or no checksum that fits.
type tail struct {
	file    *os.File
	disk    disk // what file is synced by
	synced  bool
	ready   bool      // prepare has been called
	retryAt time.Time // when prepare may be called again after it failed
	size    int64     // bytes that count
	buf     []byte    // of the last append
	number  uint64    // random, so that nothing in a row can look like a record of this tail
	commits uint64    // transactions of the database
}

// maxTail bounds the file, and with it the rows held in memory.
const maxTail = 8 << 20

const (
	// block is what disks write as one.
	block = 4 << 10
	// readyTail is how much of a synced file is there from the start: syncing what
	// makes a file longer is slower. When it is full the rows are moved.
	readyTail = 2 << 20
)

func createTail(path string, synced bool) (*tail, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	var number [8]byte
	_, _ = rand.Read(number[:]) // never fails
	return &tail{file: file, synced: synced, number: binary.BigEndian.Uint64(number[:])}, nil
}

// prepare is called before the first append: many a store is opened only to be read. It
// writes block by block: of what is written at once Linux makes one large folio of its
// page cache, and ext4 then goes through all blocks of that for each that is written again.
//
// Where there is no room for that it leaves the disk as it was, and rows are committed one
// by one: the database has pages to use again, and needs the rest of the disk to grow.
func (t *tail) prepare() error {
	err := t.fill()
	if err != nil {
		t.retryAt = time.Now().Add(prepareAgain)
		return errors.Join(err, t.file.Truncate(0))
	}
	t.ready = true
	t.disk.start()
	return nil
}

// prepareAgain is how long it is before prepare is tried again.
const prepareAgain = 10 * time.Second

func (t *tail) fill() error {
	zeros := make([]byte, block)
	for at := int64(0); at < readyTail; at += block {
		if _, err := t.file.WriteAt(zeros, at); err != nil {
			return err
		}
	}
	if err := t.file.Sync(); err != nil {
		return err
	}
	return syncName(t.file.Name())
}

// append writes the rows, all with one system call, if they fit. After an error
// the next append writes over what this one left.
func (t *tail) append(rows []row) (fits bool, err error) {
	h := newHead(rows)
	h.tail, h.commits = t.number, t.commits
	if t.synced {
		h.flags = flagSynced
	}
	size := h.size()
	if t.size+size > maxTail || t.synced && t.size >= readyTail {
		return false, nil
	}
	if t.synced && !t.ready {
		if time.Now().Before(t.retryAt) {
			return false, nil
		}
		if err := t.prepare(); err != nil {
			return true, err
		}
	}
	t.buf = appendRecord(t.buf[:0], h, rows)
	if _, err := t.file.WriteAt(t.buf, t.size); err != nil {
		return true, err
	}
	if t.synced {
		if err := t.disk.sync(t.file); err != nil {
			return true, err
		}
	}
	t.size += size
	return true, nil
}

// rewind forgets the rows: the database has them since its transaction of that number.
func (t *tail) rewind(commits uint64) { t.size, t.commits = 0, commits }

func (t *tail) close() error {
	t.disk.close()
	return t.file.Close()
}

func (t *tail) remove() error {
	return errors.Join(t.close(), removeTail(t.file.Name()))
}

func removeTail(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
