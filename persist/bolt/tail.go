package bolt

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
)

// tail is the file that holds rows which the database does not have yet, so that
// the death of the process does not lose them. It is never synced and so may lose
// any of its blocks to a power cut; the database, always synced, is what a row is
// safe in. (bbolt's own NoSync risks the whole file instead of the last rows.)
//
// A record is one Append: the length of its body and the body's CRC-32C in 4 bytes
// each, then for each row the length of the value in 4 bytes, the key and the value.
// Once its rows are in the database the file is written again from the start, over
// what is there: what stays behind the newest record has numbers the database
// already knows, or no checksum that fits.
type tail struct {
	file *os.File
	size int64  // bytes that count
	buf  []byte // of the last append
}

// maxTail bounds the file, and with it the rows held in memory.
const maxTail = 8 << 20

const (
	recordHead = 4 + sumLen
	rowHead    = 4 + keyLen
)

func createTail(path string) (*tail, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &tail{file: file}, nil
}

// append writes the rows, all with one system call, if they fit. After an error
// the next append writes over what this one left.
func (t *tail) append(rows []row) (fits bool, err error) {
	size := int64(recordHead)
	for _, r := range rows {
		size += int64(rowHead + len(r.value))
	}
	if t.size+size > maxTail {
		return false, nil
	}
	t.buf = appendRecord(t.buf[:0], rows)
	if _, err := t.file.WriteAt(t.buf, t.size); err != nil {
		return true, err
	}
	t.size += size
	return true, nil
}

func appendRecord(dst []byte, rows []row) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, recordHead)...)
	for _, r := range rows {
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.value)))
		dst = append(append(dst, r.key[:]...), r.value...)
	}
	body := dst[start+recordHead:]
	binary.BigEndian.PutUint32(dst[start:], uint32(len(body)))
	binary.BigEndian.PutUint32(dst[start+4:], checksum(body))
	return dst
}

// rewind forgets the rows: the database has them.
func (t *tail) rewind() { t.size = 0 }

func (t *tail) close() error { return t.file.Close() }

func (t *tail) remove() error {
	return errors.Join(t.file.Close(), removeTail(t.file.Name()))
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
