package outbox

import (
	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
)

// The buckets.
var (
	entryBucket = []byte("entries")
	idBucket    = []byte("ids")
	markBucket  = []byte("marks")
)

// change is a call of Add or Change that waits for a commit.
type change struct {
	limit int64 // of Add; 0: none
	add   []persist.OutboxEntry
	marks []persist.OutboxMark
	put   []persist.OutboxEntry
	drop  []uint64
	full  bool // it was refused
	done  chan error
}

// tally is how much there is within a transaction.
type tally struct {
	count int
	bytes int64
}

// apply makes a change.
func (t *tally) apply(tx *bbolt.Tx, c *change) error {
	if c.full = c.limit > 0 && len(c.add) > 0 && t.bytes >= c.limit; c.full {
		return nil
	}
	for _, e := range c.add {
		if err := t.add(tx, e); err != nil {
			return err
		}
	}
	for _, e := range c.put {
		if err := t.put(tx, e); err != nil {
			return err
		}
	}
	for _, seq := range c.drop {
		if err := t.drop(tx, seq); err != nil {
			return err
		}
	}
	marks := tx.Bucket(markBucket)
	for _, m := range c.marks {
		var err error
		if key := []byte(m.Key); len(m.Data) == 0 {
			err = marks.Delete(key)
		} else {
			err = marks.Put(key, withSum(key, m.Data))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds or moves an entry.
func (t *tally) add(tx *bbolt.Tx, e persist.OutboxEntry) error {
	entries, ids := tx.Bucket(entryBucket), tx.Bucket(idBucket)
	if e.Seq != 0 {
		if entries.Get(keyOf(e.Seq)) == nil {
			return nil
		}
		if err := t.drop(tx, e.Seq); err != nil {
			return err
		}
	} else if ids.Get(idKey(e.Queue, e.ID)) != nil {
		return nil
	}
	seq, err := entries.NextSequence()
	if err != nil {
		return err
	}
	e.Seq = seq
	t.count++
	t.bytes += persist.OutboxSize(e)
	if err := entries.Put(keyOf(seq), encode(e)); err != nil {
		return err
	}
	return ids.Put(idKey(e.Queue, e.ID), keyOf(seq))
}

// put replaces the data of an entry, if it is there.
func (t *tally) put(tx *bbolt.Tx, e persist.OutboxEntry) error {
	entries := tx.Bucket(entryBucket)
	old, ok := decode(keyOf(e.Seq), entries.Get(keyOf(e.Seq)))
	if !ok {
		return nil
	}
	t.bytes -= persist.OutboxSize(old)
	old.Data = e.Data
	t.bytes += persist.OutboxSize(old)
	return entries.Put(keyOf(e.Seq), encode(old))
}

// drop drops an entry, if it is there.
func (t *tally) drop(tx *bbolt.Tx, seq uint64) error {
	entries := tx.Bucket(entryBucket)
	old, ok := decode(keyOf(seq), entries.Get(keyOf(seq)))
	if !ok {
		return nil
	}
	t.count--
	t.bytes -= persist.OutboxSize(old)
	if err := tx.Bucket(idBucket).Delete(idKey(old.Queue, old.ID)); err != nil {
		return err
	}
	return entries.Delete(keyOf(seq))
}
