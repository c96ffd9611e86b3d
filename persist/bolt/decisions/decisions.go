// Package decisions keeps decisions of administrators, locks and bans, in a bucket of a bbolt
// database, and a digest in another, which shows whether all of them are there.
//
// Files, in layers; each uses only what is listed before it:
//
//	record.go     one decision
//	decisions.go  all decisions of a store
package decisions

import (
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/digest"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Place is where a database has its decisions.
type Place struct {
	Bucket []byte // with a decision for each key; made by the first change
	Meta   []byte // a bucket that is there
	Digest []byte // the key of the digest in Meta
}

// Set is all that a store has of decisions.
type Set struct {
	All    []persist.Decision // those that can be read, in the order of their keys
	faulty int                // how many cannot
	digest digest.Digest      // of All
	kept   digest.Digest      // as it was stored with the last change
}

// Read reads all decisions.
func (p Place) Read(tx *bbolt.Tx) (s Set) {
	s.kept = p.readDigest(tx)
	b := tx.Bucket(p.Bucket)
	if b == nil {
		return s
	}
	c := b.Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		d, err := decode(key, value)
		if err != nil {
			s.faulty++
			continue
		}
		s.All = append(s.All, d)
		s.digest.Add(digest.Of(key, value))
	}
	return s
}

// Damage returns a report, of the time now, if decisions are damaged or missing.
func (s *Set) Damage(now time.Time) []persist.Damage {
	if s.faulty == 0 && s.digest == s.kept {
		return nil
	}
	const format = "locks and bans are damaged: %d can be read, %d cannot, %d were kept"
	why := fmt.Sprintf(format, len(s.All), s.faulty, s.kept.N)
	return []persist.Damage{{Reason: why, Time: now}}
}

// Rewrite replaces the bucket by one with the decisions that could be read.
func (p Place) Rewrite(tx *bbolt.Tx, s *Set) error {
	if tx.Bucket(p.Bucket) != nil {
		if err := tx.DeleteBucket(p.Bucket); err != nil {
			return err
		}
	}
	b, err := tx.CreateBucket(p.Bucket)
	if err != nil {
		return err
	}
	for _, d := range s.All {
		if err := b.Put(keyOf(d), encode(d)); err != nil {
			return err
		}
	}
	return p.putDigest(tx, s.digest)
}

// Change drops decisions, which may be missing, and then keeps others.
func (p Place) Change(tx *bbolt.Tx, put, drop []persist.Decision) error {
	b, err := tx.CreateBucketIfNotExists(p.Bucket)
	if err != nil {
		return err
	}
	sum := p.readDigest(tx)
	remove := func(key []byte) {
		if old := b.Get(key); old != nil {
			sum.Remove(digest.Of(key, old))
		}
	}
	for _, d := range drop {
		key := keyOf(d)
		remove(key)
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	for _, d := range put {
		key, value := keyOf(d), encode(d)
		remove(key)
		sum.Add(digest.Of(key, value))
		if err := b.Put(key, value); err != nil {
			return err
		}
	}
	return p.putDigest(tx, sum)
}

const digestLen = sumLen + 2*8

// readDigest returns the stored digest; that of no decision if there is none, or it is damaged.
func (p Place) readDigest(tx *bbolt.Tx) (d digest.Digest) {
	b := tx.Bucket(p.Meta).Get(p.Digest)
	if len(b) == digestLen && wal.Checksum(b[sumLen:]) == binary.BigEndian.Uint32(b) {
		d.N = binary.BigEndian.Uint64(b[sumLen:])
		d.Sum = binary.BigEndian.Uint64(b[sumLen+8:])
	}
	return d
}

// putDigest stores a digest: a checksum, and both numbers.
func (p Place) putDigest(tx *bbolt.Tx, d digest.Digest) error {
	b := binary.BigEndian.AppendUint64(make([]byte, sumLen, digestLen), d.N)
	b = binary.BigEndian.AppendUint64(b, d.Sum)
	binary.BigEndian.PutUint32(b, wal.Checksum(b[sumLen:]))
	return tx.Bucket(p.Meta).Put(p.Digest, b)
}
