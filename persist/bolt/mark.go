package bolt

import (
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// markLen is the length of a stored mark in bytes, but for the generation at its end: a checksum
// over the room's key and all that follows, the incarnation, the number of the last row that was
// sent, whether the whole state is to be sent, and when the room was given up.
const markLen = sumLen + 8 + seqLen + 1 + timeLen

var errMark = errors.New("mark is damaged")

func encodeMark(m persist.Mark) []byte {
	b := make([]byte, sumLen, markLen+len(m.Generation))
	b = binary.BigEndian.AppendUint64(b, m.Incarnation)
	b = binary.BigEndian.AppendUint64(b, m.Sent)
	flag := byte(0)
	if m.Whole {
		flag = 1
	}
	b = binary.BigEndian.AppendUint64(append(b, flag), millis(m.Released))
	b = append(b, m.Generation...)
	binary.BigEndian.PutUint32(b, wal.Checksum([]byte(m.Room), b[sumLen:]))
	return b
}

func decodeMark(room, b []byte) (m persist.Mark, err error) {
	if len(b) < markLen || wal.Checksum(room, b[sumLen:]) != binary.BigEndian.Uint32(b) {
		return m, errMark
	}
	b = b[sumLen:]
	m.Room = string(room)
	m.Incarnation = binary.BigEndian.Uint64(b)
	m.Sent = binary.BigEndian.Uint64(b[8:])
	m.Whole = b[8+seqLen] != 0
	if at := b[8+seqLen+1:]; binary.BigEndian.Uint64(at) != 0 {
		m.Released = readTime(at)
	}
	m.Generation = string(b[markLen-sumLen:])
	return m, nil
}

// marksIn returns all marks that can be read, and the rooms of the others. A damaged mark is as
// none: more is sent than need be.
func marksIn(tx *bbolt.Tx) (marks []persist.Mark, faulty []string) {
	b := tx.Bucket(markBucket)
	if b == nil {
		return nil, nil
	}
	c := b.Cursor()
	for room, value := c.First(); room != nil; room, value = c.Next() {
		if m, err := decodeMark(room, value); err == nil {
			marks = append(marks, m)
		} else {
			faulty = append(faulty, string(room))
		}
	}
	return marks, faulty
}

// putMarks stores marks, in the bucket that the first one makes.
func putMarks(tx *bbolt.Tx, marks map[string]persist.Mark) error {
	if len(marks) == 0 {
		return nil
	}
	b, err := tx.CreateBucketIfNotExists(markBucket)
	if err != nil {
		return err
	}
	for room, m := range marks {
		if err := b.Put([]byte(room), encodeMark(m)); err != nil {
			return err
		}
	}
	return nil
}

// deleteMark deletes the mark of a room, if it has one.
func deleteMark(tx *bbolt.Tx, room string) error {
	b := tx.Bucket(markBucket)
	if b == nil {
		return nil
	}
	return b.Delete([]byte(room))
}
