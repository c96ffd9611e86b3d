package decisions

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Lengths of parts of a stored decision, in bytes.
const (
	sumLen  = crc32.Size
	timeLen = 8
	headLen = sumLen + 2*timeLen + 1
)

// keyOf returns the key of a decision in its bucket: Kind, 0, Subject.
func keyOf(d persist.Decision) []byte {
	return append(append([]byte(d.Kind), 0), d.Subject...)
}

// encode returns the stored form of a decision: a checksum over the key and all that follows; Made
// and Until in milliseconds since 1970, 0 for the zero time; the length of By in a byte; By;
// Reason.
func encode(d persist.Decision) []byte {
	b := make([]byte, sumLen, headLen+len(d.By)+len(d.Reason))
	b = appendTime(appendTime(b, d.Made), d.Until)
	b = append(append(append(b, byte(len(d.By))), d.By...), d.Reason...)
	binary.BigEndian.PutUint32(b, wal.Checksum(keyOf(d), b[sumLen:]))
	return b
}

var errDamaged = errors.New("decision is damaged")

func decode(key, b []byte) (d persist.Decision, err error) {
	kind, subject, found := bytes.Cut(key, []byte{0})
	if !found || len(b) < headLen ||
		wal.Checksum(key, b[sumLen:]) != binary.BigEndian.Uint32(b) {
		return d, errDamaged
	}
	text, n := b[headLen:], int(b[headLen-1])
	if n > len(text) {
		return d, errDamaged
	}
	return persist.Decision{
		Kind: string(kind), Subject: string(subject),
		By: string(text[:n]), Reason: string(text[n:]),
		Made: readTime(b[sumLen:]), Until: readTime(b[sumLen+timeLen:]),
	}, nil
}

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return binary.BigEndian.AppendUint64(dst, 0)
	}
	return binary.BigEndian.AppendUint64(dst, uint64(t.UnixMilli()))
}

func readTime(b []byte) time.Time {
	ms := binary.BigEndian.Uint64(b)
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms))
}
