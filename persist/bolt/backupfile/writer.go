package backupfile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Writer writes a file. Records are kept in memory until Flush. It is not safe for concurrent use.
type Writer struct {
	out    io.Writer // the file and sum
	file   io.Writer
	sum    hash.Hash
	zstd   *zstd.Encoder
	buf    []byte // records that are not flushed
	totals Totals
}

// NewWriter writes the beginning of a file. The caller must call Close or Abort.
func NewWriter(file io.Writer, h Header) (*Writer, error) {
	line, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: file, sum: sha256.New()}
	w.out = io.MultiWriter(file, w.sum)
	if _, err := fmt.Fprintf(w.out, "%s%d\n%s\n", magic, Version, line); err != nil {
		return nil, err
	}
	w.zstd, err = zstd.NewWriter(w.out,
		zstd.WithEncoderLevel(zstd.SpeedFastest), // most of what is stored is compressed already
		zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(1<<20))
	return w, err
}

// Moment says that what follows is the store as it was at a time.
func (w *Writer) Moment(at time.Time) {
	w.buf = binary.AppendUvarint(append(w.buf, kindMoment), uint64(at.UnixMilli()))
	w.totals.Moments = append(w.totals.Moments, at)
}

// Bucket says that the values that follow are in a bucket. path has its name and those of the
// buckets around it, the outermost first.
func (w *Writer) Bucket(path [][]byte, sequence uint64) {
	w.buf = binary.AppendUvarint(append(w.buf, kindBucket), uint64(len(path)))
	for _, name := range path {
		w.buf = appendBytes(w.buf, name)
	}
	w.buf = binary.AppendUvarint(w.buf, sequence)
	w.totals.Buckets++
}

// Value adds a value to the bucket.
func (w *Writer) Value(key, value []byte) {
	w.buf = appendBytes(appendBytes(append(w.buf, kindValue), key), value)
	w.totals.Values++
	w.totals.Bytes += int64(len(key) + len(value))
}

// Damage reports damage of the store.
func (w *Writer) Damage(d Damage) {
	w.buf = appendBytes(append(w.buf, kindDamage), []byte(d.Room))
	w.buf = appendBytes(w.buf, []byte(d.Reason))
	w.totals.Damage = append(w.totals.Damage, d)
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// Checkpoint is a place in the records of a Writer since the last Flush.
type Checkpoint struct {
	length int
	totals Totals
}

// Checkpoint returns the present place.
func (w *Writer) Checkpoint() Checkpoint { return Checkpoint{len(w.buf), w.totals} }

// Discard discards the records after a place; there was no Flush since.
func (w *Writer) Discard(to Checkpoint) { w.buf, w.totals = w.buf[:to.length], to.totals }

// Buffered returns the number of bytes in memory.
func (w *Writer) Buffered() int { return len(w.buf) }

// maxKept is how much memory a Writer keeps for the records to come, in bytes.
const maxKept = 1 << 20

// Flush writes the records in memory.
func (w *Writer) Flush() error {
	_, err := w.zstd.Write(w.buf)
	if w.buf = w.buf[:0]; cap(w.buf) > maxKept {
		w.buf = nil
	}
	return err
}

// Totals counts the records so far.
func (w *Writer) Totals() Totals { return w.totals }

// Close ends the file. It does not close the underlying writer.
func (w *Writer) Close() error {
	w.buf = binary.AppendUvarint(append(w.buf, kindEnd), w.totals.Buckets)
	w.buf = binary.AppendUvarint(w.buf, w.totals.Values)
	if err := errors.Join(w.Flush(), w.zstd.Close()); err != nil {
		return err
	}
	_, err := io.WriteString(w.file, lastLine(w.sum.Sum(nil)))
	return err
}

// Abort gives up the file, which then has no end.
func (w *Writer) Abort() {
	w.zstd.Reset(nil)
	_ = w.zstd.Close() // writes nothing
}
