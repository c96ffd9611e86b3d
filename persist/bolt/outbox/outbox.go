package outbox

import (
	"context"
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
)

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
			if data, ok := checked(key, value); ok {
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
