package backupfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Visitor receives the records of a file, in order. Its functions borrow their arguments. An error
// ends the reading. Functions that are nil are not called.
type Visitor struct {
	Moment func(at time.Time) error
	Bucket func(path [][]byte, sequence uint64) error
	Value  func(path [][]byte, key, value []byte) error
}

// visitError is an error of a function of a Visitor.
type visitError struct{ error }

func (e visitError) Unwrap() error { return e.error }

func visited(err error) error {
	if err == nil {
		return nil
	}
	return visitError{err}
}

// visitorsError returns err if it is of a function of a Visitor, else nil.
func visitorsError(err error) error {
	if errors.As(err, new(visitError)) {
		return err
	}
	return nil
}

// records reads records.
type records struct {
	in     *bufio.Reader
	to     Visitor
	totals Totals
	path   [][]byte
	key    []byte
	value  []byte
}

// all reads records until the end.
func (r *records) all() error {
	for {
		kind, err := r.in.ReadByte()
		if err != nil {
			return unexpected(err)
		}
		switch kind {
		case kindMoment:
			err = r.moment()
		case kindBucket:
			err = r.bucket()
		case kindValue:
			err = r.keyAndValue()
		case kindDamage:
			err = r.damage()
		case kindEnd:
			return r.end()
		default:
			return fmt.Errorf("%w: of kind %d", ErrContent, kind)
		}
		if err != nil {
			return err
		}
	}
}

func (r *records) moment() error {
	ms, err := r.uvarint(1<<62 - 1)
	if err != nil {
		return err
	}
	at := time.UnixMilli(int64(ms))
	if r.totals.Moments = append(r.totals.Moments, at); r.to.Moment == nil {
		return nil
	}
	return visited(r.to.Moment(at))
}

func (r *records) bucket() error {
	n, err := r.uvarint(maxNesting)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: a bucket without a name", ErrContent)
	}
	r.path = make([][]byte, n)
	for i := range r.path {
		if r.path[i], err = r.bytes(nil, maxKey); err != nil {
			return err
		}
	}
	sequence, err := r.uvarint(1<<64 - 1)
	if err != nil {
		return err
	}
	if r.totals.Buckets++; r.to.Bucket == nil {
		return nil
	}
	return visited(r.to.Bucket(r.path, sequence))
}

func (r *records) keyAndValue() (err error) {
	if r.path == nil {
		return fmt.Errorf("%w: a value outside of any bucket", ErrContent)
	}
	if r.key, err = r.bytes(r.key[:0], maxKey); err != nil {
		return err
	}
	if r.value, err = r.bytes(r.value[:0], maxValue); err != nil {
		return err
	}
	r.totals.Values++
	if r.totals.Bytes += int64(len(r.key) + len(r.value)); r.to.Value == nil {
		return nil
	}
	return visited(r.to.Value(r.path, r.key, r.value))
}

func (r *records) damage() error {
	room, err := r.bytes(nil, maxKey)
	if err != nil {
		return err
	}
	reason, err := r.bytes(nil, maxKey)
	if err == nil && len(r.totals.Damage) >= maxDamage {
		err = fmt.Errorf("%w: more damage than a store can have", ErrContent)
	}
	r.totals.Damage = append(r.totals.Damage, Damage{string(room), string(reason)})
	return err
}

// end compares the numbers of records, and checks that nothing follows.
func (r *records) end() error {
	buckets, err := r.uvarint(1<<64 - 1)
	if err != nil {
		return err
	}
	values, err := r.uvarint(1<<64 - 1)
	if err != nil {
		return err
	}
	if buckets != r.totals.Buckets || values != r.totals.Values {
		return fmt.Errorf("%w: it ends after %d buckets and %d values, and says %d and %d", ErrContent,
			r.totals.Buckets, r.totals.Values, buckets, values)
	}
	if _, err := r.in.ReadByte(); err != io.EOF {
		return fmt.Errorf("%w: one behind the end", ErrContent)
	}
	return nil
}

func (r *records) uvarint(most uint64) (uint64, error) {
	n, err := binary.ReadUvarint(r.in)
	if err != nil {
		return 0, unexpected(err)
	}
	if n > most {
		return 0, fmt.Errorf("%w: %d where at most %d can be", ErrContent, n, most)
	}
	return n, nil
}

// bytes appends a byte string to dst. Its memory grows with the bytes that are there, not with the
// length that is announced.
func (r *records) bytes(dst []byte, most uint64) ([]byte, error) {
	n, err := r.uvarint(most)
	if err != nil {
		return nil, err
	}
	const step = 64 << 10
	for n > 0 {
		at, more := len(dst), int(min(n, step))
		dst = append(dst, make([]byte, more)...)
		if _, err := io.ReadFull(r.in, dst[at:]); err != nil {
			return nil, unexpected(err)
		}
		n -= uint64(more)
	}
	return dst, nil
}

// unexpected returns ErrContent for an end of the records before the last one.
func unexpected(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: it ends within one", ErrContent)
	}
	return err
}
