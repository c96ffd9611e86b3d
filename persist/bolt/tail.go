package bolt

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
)

// tail is the file that holds rows which the database does not have yet. Writing a
// few rows there and syncing them is one write of a block or two, where bbolt takes
// two syncs and half a dozen pages, however few rows it is for.
//
// With Config.Async it is not synced: the death of the process loses nothing then,
// but a power cut may take any of its blocks; a row is safe once it is in the
// database. (bbolt's own NoSync risks the whole file instead of the last rows.)
//
// A record is one Append: the length of its body and the body's CRC-32C in 4 bytes
// each, then for each row the length of the value in 4 bytes, the key and the value.
// Where the file is synced zeros follow, which read as rows of number 0 and count for
// nothing, up to the end of a block: no block with rows that are safe is written again.
// Once its rows are in the database the file is written again from the start, over
// what is there: what stays behind the newest record has numbers the database
// already knows, or no checksum that fits.
type tail struct {
	file   *os.File
	disk   disk // what file is synced by
	synced bool
	ready  bool   // prepare has been called
	size   int64  // bytes that count
	buf    []byte // of the last append
}

// maxTail bounds the file, and with it the rows held in memory.
const maxTail = 8 << 20

const (
	recordHead = 4 + sumLen
	rowHead    = 4 + keyLen

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
	return &tail{file: file, synced: synced}, nil
}

// prepare is called before the first append: many a store is opened only to be read. It
// writes block by block: of what is written at once Linux makes one large folio of its
// page cache, and ext4 then goes through all blocks of that for each that is written again.
func (t *tail) prepare() error {
	zeros := make([]byte, block)
	for at := int64(0); at < readyTail; at += block {
		if _, err := t.file.WriteAt(zeros, at); err != nil {
			return err
		}
	}
	if err := t.file.Sync(); err != nil {
		return err
	}
	if err := syncName(t.file.Name()); err != nil {
		return err
	}
	t.ready = true
	t.disk.start()
	return nil
}

// append writes the rows, all with one system call, if they fit. After an error
// the next append writes over what this one left.
func (t *tail) append(rows []row) (fits bool, err error) {
	size := recordHead
	for _, r := range rows {
		size += rowHead + len(r.value)
	}
	if t.synced {
		size = (size + block - 1) &^ (block - 1)
	}
	if t.size+int64(size) > maxTail || t.synced && t.size >= readyTail {
		return false, nil
	}
	if t.synced && !t.ready {
		if err := t.prepare(); err != nil {
			return true, err
		}
	}
	t.buf = appendRecord(t.buf[:0], rows, size)
	if _, err := t.file.WriteAt(t.buf, t.size); err != nil {
		return true, err
	}
	if t.synced {
		if err := t.disk.sync(t.file); err != nil {
			return true, err
		}
	}
	t.size += int64(size)
	return true, nil
}

// appendRecord appends a record of size bytes.
func appendRecord(dst []byte, rows []row, size int) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, recordHead)...)
	for _, r := range rows {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.value)))
		dst = append(append(dst, r.key[:]...), r.value...)
	}
	dst = append(dst, make([]byte, start+size-len(dst))...)
	body := dst[start+recordHead:]
	binary.BigEndian.PutUint32(dst[start:], uint32(len(body)))
	binary.BigEndian.PutUint32(dst[start+4:], checksum(body))
	return dst
}

// rewind forgets the rows: the database has them.
func (t *tail) rewind() { t.size = 0 }

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

// readTail returns the rows newer than last that a killed process left, up to the
// first record that is not whole.
func readTail(path string, last uint64) (rows []row, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for {
		body, rest := cutRecord(b)
		if body == nil {
			return rows, nil
		}
		for len(body) >= rowHead {
			var r row
			if r, body = cutRow(body); r.key.seq() > last {
				rows, last = append(rows, r), r.key.seq()
			}
		}
		b = rest
	}
}

// cutRecord returns the first record's body, nil if the record is not whole.
func cutRecord(b []byte) (body, rest []byte) {
	if len(b) < recordHead {
		return nil, nil
	}
	n, sum := uint64(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint32(b[4:])
	b = b[recordHead:]
	if n == 0 || n > uint64(len(b)) || checksum(b[:n]) != sum {
		return nil, nil
	}
	return b[:n], b[n:]
}

// cutRow trusts the lengths in a record whose checksum was right.
func cutRow(body []byte) (r row, rest []byte) {
	n := rowHead + int(binary.BigEndian.Uint32(body))
	return row{rowKey(body[4:]), body[rowHead:n:n]}, body[n:]
}
