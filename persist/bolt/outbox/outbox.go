package outbox

import (
	"context"
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
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

// Add adds or moves entries, and keeps marks.
func (o *Outbox) Add(
	ctx context.Context, limit int64, entries []persist.OutboxEntry, marks []persist.OutboxMark,
) error {
	if err := persist.CheckOutbox(entries, marks); err != nil {
		return err
	}
	return o.commit(ctx, &change{limit: limit, add: entries, marks: marks})
}

// Change replaces the data of entries, and drops others.
func (o *Outbox) Change(ctx context.Context, put []persist.OutboxEntry, drop []uint64) error {
	if err := persist.CheckOutbox(put, nil); err != nil {
		return err
	}
	return o.commit(ctx, &change{put: put, drop: drop})
}

// commit puts a change on the disk, with all others that wait.
func (o *Outbox) commit(ctx context.Context, c *change) error {
	if err := o.enter(ctx); err != nil {
		return err
	}
	defer o.use.RUnlock()
	c.done = make(chan error, 1)
	o.mu.Lock()
	o.waiting = append(o.waiting, c)
	leads := !o.writing
	o.writing = true
	o.mu.Unlock()
	if leads {
		o.write()
	}
	if err := <-c.done; err != nil {
		return err
	}
	if c.full {
		return persist.ErrOutboxFull
	}
	return nil
}

// write commits what waits until nothing does.
func (o *Outbox) write() {
	for {
		o.mu.Lock()
		batch := o.waiting
		o.waiting = nil
		if len(batch) == 0 {
			o.writing = false
			o.mu.Unlock()
			return
		}
		t := tally{o.count, o.bytes}
		o.mu.Unlock()
		err := guard(func() error {
			return o.db.Update(func(tx *bbolt.Tx) error {
				for _, c := range batch {
					if err := t.apply(tx, c); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err == nil {
			o.mu.Lock()
			o.count, o.bytes = t.count, t.bytes
			o.mu.Unlock()
		}
		for _, c := range batch {
			c.done <- err
		}
	}
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
			err = marks.Put(key, sealed(key, m.Data))
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

// Entries returns entries with numbers above after. Records that were damaged since the outbox was
// opened are left out.
func (o *Outbox) Entries(
	ctx context.Context, after uint64, limit int,
) (all []persist.OutboxEntry, err error) {
	err = o.read(ctx, func(tx *bbolt.Tx) error {
		c := tx.Bucket(entryBucket).Cursor()
		key, value := c.Seek(binary.BigEndian.AppendUint64(nil, after+1))
		for ; key != nil && len(all) < limit; key, value = c.Next() {
			if e, ok := decode(key, value); ok {
				all = append(all, e)
			}
		}
		return nil
	})
	return all, err
}

// Marks returns all marks.
func (o *Outbox) Marks(ctx context.Context) (all []persist.OutboxMark, err error) {
	err = o.read(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket(markBucket).ForEach(func(key, value []byte) error {
			if data, ok := opened(key, value); ok {
				m := persist.OutboxMark{Key: string(key), Data: append([]byte{}, data...)}
				all = append(all, m)
			}
			return nil
		})
	})
	return all, err
}

func (o *Outbox) read(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := o.enter(ctx); err != nil {
		return err
	}
	defer o.use.RUnlock()
	return guard(func() error { return o.db.View(f) })
}

// Size returns how many entries there are, and how much they take.
func (o *Outbox) Size(ctx context.Context) (entries int, bytes int64, err error) {
	if err := o.enter(ctx); err != nil {
		return 0, 0, err
	}
	defer o.use.RUnlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count, o.bytes, nil
}

// Hold returns true: the file has a lock.
func (o *Outbox) Hold(context.Context, time.Duration) (bool, error) { return true, nil }

// enter begins a call, which ends with o.use.RUnlock if there is no error.
func (o *Outbox) enter(ctx context.Context) error {
	o.use.RLock()
	err := ctx.Err()
	if o.closed {
		err = persist.ErrClosed
	}
	if err != nil {
		o.use.RUnlock()
	}
	return err
}

// Close waits for calls, and releases the file.
func (o *Outbox) Close() error {
	o.use.Lock()
	defer o.use.Unlock()
	if o.closed {
		return nil
	}
	o.closed = true
	return o.db.Close()
}
