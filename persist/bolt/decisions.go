package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// decisionKey returns the key of a decision in its bucket.
func decisionKey(d persist.Decision) []byte {
	return append(append([]byte(d.Kind), 0), d.Subject...)
}

const decisionLen = sumLen + 2*timeLen + 1

// encodeDecision returns a checksum over the key and all that follows, the times, the length of By,
// By, and Reason.
func encodeDecision(d persist.Decision) []byte {
	b := make([]byte, sumLen, decisionLen+len(d.By)+len(d.Reason))
	b = binary.BigEndian.AppendUint64(b, millis(d.Made))
	b = binary.BigEndian.AppendUint64(b, millis(d.Until))
	b = append(append(append(b, byte(len(d.By))), d.By...), d.Reason...)
	binary.BigEndian.PutUint32(b, wal.Checksum(decisionKey(d), b[sumLen:]))
	return b
}

var errDecision = errors.New("decision is damaged")

func decodeDecision(key, b []byte) (d persist.Decision, err error) {
	kind, subject, found := bytes.Cut(key, []byte{0})
	if !found || len(b) < decisionLen ||
		wal.Checksum(key, b[sumLen:]) != binary.BigEndian.Uint32(b) {
		return d, errDecision
	}
	d = persist.Decision{Kind: string(kind), Subject: string(subject)}
	d.Made, d.Until = fromMillis(b[sumLen:]), fromMillis(b[sumLen+timeLen:])
	n := int(b[decisionLen-1])
	text := b[decisionLen:]
	if n > len(text) {
		return d, errDecision
	}
	d.By, d.Reason = string(text[:n]), string(text[n:])
	return d, nil
}

// fromMillis is the inverse of millis, from its encoding.
func fromMillis(b []byte) time.Time {
	if binary.BigEndian.Uint64(b) == 0 {
		return time.Time{}
	}
	return readTime(b)
}

// decisions are the decisions of a store that can be read.
type decisions struct {
	all    []persist.Decision
	digest digest // of them
	faulty int    // how many are damaged
	kept   digest // as it was stored; that of none where nothing was stored
}

// readDecisions reads all decisions. The bucket is made by the first ChangeDecisions.
func readDecisions(tx *bbolt.Tx) (x decisions) {
	x.kept = storedDigest(tx)
	b := tx.Bucket(decisionBucket)
	if b == nil {
		return x
	}
	c := b.Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		d, err := decodeDecision(key, value)
		if err != nil {
			x.faulty++
			continue
		}
		x.all = append(x.all, d)
		x.digest.add(digestOf(key, value))
	}
	return x
}

// damage returns a report if decisions are damaged or missing.
func (x *decisions) damage(now time.Time) []persist.Damage {
	if x.faulty == 0 && x.digest == x.kept {
		return nil
	}
	const format = "locks and bans are damaged: %d can be read, %d cannot, %d were kept"
	why := fmt.Sprintf(format, len(x.all), x.faulty, x.kept.n)
	return []persist.Damage{{Reason: why, Time: now}}
}

// storedDigest returns the digest that was stored with the last change; that of no decision if it
// is damaged.
func storedDigest(tx *bbolt.Tx) (t digest) {
	b := tx.Bucket(metaBucket).Get(decisionsKey)
	if len(b) == sumLen+16 && wal.Checksum(b[sumLen:]) == binary.BigEndian.Uint32(b) {
		t.n = binary.BigEndian.Uint64(b[sumLen:])
		t.sum = binary.BigEndian.Uint64(b[sumLen+8:])
	}
	return t
}

func putDigest(tx *bbolt.Tx, t digest) error {
	b := binary.BigEndian.AppendUint64(make([]byte, sumLen, sumLen+16), t.n)
	b = binary.BigEndian.AppendUint64(b, t.sum)
	binary.BigEndian.PutUint32(b, wal.Checksum(b[sumLen:]))
	return tx.Bucket(metaBucket).Put(decisionsKey, b)
}

// rewrite replaces the bucket by one with all decisions that could be read.
func (x *decisions) rewrite(tx *bbolt.Tx) error {
	if err := deleteTop(tx, decisionBucket); err != nil {
		return err
	}
	b, err := tx.CreateBucket(decisionBucket)
	if err != nil {
		return err
	}
	for _, d := range x.all {
		if err := b.Put(decisionKey(d), encodeDecision(d)); err != nil {
			return err
		}
	}
	return putDigest(tx, x.digest)
}

// deleteTop removes a bucket of the database that need not be there.
func deleteTop(tx *bbolt.Tx, name []byte) error {
	if tx.Bucket(name) == nil {
		return nil
	}
	return tx.DeleteBucket(name)
}

// LoadDecisions reads all decisions. Open has reported, and dropped, those that were damaged then.
func (s *Store) LoadDecisions(ctx context.Context) ([]persist.Decision, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var x decisions
	err := readError("", guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { x = readDecisions(tx); return nil })
	}))
	if found := x.damage(time.Time{}); err == nil && len(found) > 0 {
		err = fmt.Errorf("%w: %s", persist.ErrCorrupt, found[0].Reason)
	}
	return x.all, err
}

// ChangeDecisions commits the changes in one transaction, with a digest that shows whether all
// decisions are there.
func (s *Store) ChangeDecisions(ctx context.Context, put, drop []persist.Decision) error {
	if err := persist.CheckDecisions(put, drop); err != nil {
		return err
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	return s.commit(nil, func(l *manifest) error { return changeDecisions(l.tx, put, drop) })
}

func changeDecisions(tx *bbolt.Tx, put, drop []persist.Decision) error {
	b, err := tx.CreateBucketIfNotExists(decisionBucket)
	if err != nil {
		return err
	}
	t := storedDigest(tx)
	for _, d := range drop {
		key := decisionKey(d)
		if old := b.Get(key); old != nil {
			t.remove(digestOf(key, old))
		}
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	for _, d := range put {
		key, value := decisionKey(d), encodeDecision(d)
		if old := b.Get(key); old != nil {
			t.remove(digestOf(key, old))
		}
		t.add(digestOf(key, value))
		if err := b.Put(key, value); err != nil {
			return err
		}
	}
	return putDigest(tx, t)
}
