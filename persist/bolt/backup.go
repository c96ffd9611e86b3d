package bolt

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/backupfile"
	"github.com/civicpress/civic-realtime/persist/bolt/digest"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// ErrBackupRunning is returned by Backup while another backup is made.
var ErrBackupRunning = errors.New("another backup is being made")

// flushSize is how much of a backup is read before it is written, in bytes.
const flushSize = 256 << 10

// Backed describes a backup that was made.
type Backed struct {
	Rooms   int
	Bytes   int64       // of keys and values, before compression
	Moments []time.Time // at which the store was read; one, unless the backup had to give way

	// Damage lists the data that is damaged in the store, and so in the backup.
	Damage []persist.Damage
}

// Backup writes a backup of the store to w, as package backupfile describes it. It has everything
// that was stored when Backup was called. All of it is the store as it was at one moment, unless
// the backup has to give way to a transaction (see doc.go): then each room is as it was at one
// moment, and so are the rooms between two of Backed.Moments. No call waits for w. What was written
// has no end if Backup returns an error, and is no backup then. Of two backups at a time, the
// second fails with ErrBackupRunning.
func (s *Store) Backup(ctx context.Context, w io.Writer) (Backed, error) {
	b := &backup{store: s, ctx: ctx}
	if !s.backup.CompareAndSwap(nil, &b.pin) {
		return Backed{}, ErrBackupRunning
	}
	defer s.backup.Store(nil)
	defer b.end()
	var err error
	h := backupfile.Header{Layout: layout, Begun: s.keep().Clock().UTC()}
	if b.out, err = backupfile.NewWriter(w, h); err != nil {
		return Backed{}, err
	}
	if err = b.all(); err != nil {
		b.out.Abort()
		return Backed{}, readError("", err)
	}
	totals := b.out.Totals()
	b.Bytes, b.Moments = totals.Bytes, totals.Moments
	return b.Backed, nil
}

// backup is one Backup under way.
type backup struct {
	Backed
	store *Store
	ctx   context.Context
	out   *backupfile.Writer
	begun int // how many moments there were

	pin         // of at
	at  *moment // valid while there is a transaction; the next unit begins another
}

// all writes the whole backup.
func (b *backup) all() error {
	if err := b.rooms(); err != nil {
		return err
	}
	if err := b.others(); err != nil {
		return err
	}
	b.end()
	for _, d := range b.Damage {
		b.out.Damage(backupfile.Damage{Room: d.Room, Reason: d.Reason})
	}
	return b.out.Close()
}

// unit calls f to read something that must be of one moment, and writes what was read when that is
// enough. What f wrote to out is discarded if it fails.
func (b *backup) unit(f func(*moment) error) error {
	if err := b.lock(); err != nil {
		return err
	}
	before := b.out.Checkpoint()
	err := guard(func() error { return f(b.at) })
	if err != nil {
		b.out.Discard(before)
	}
	b.mu.Unlock()
	if err == nil && b.out.Buffered() >= flushSize {
		err = b.out.Flush()
	}
	return err
}

// lock locks mu, with a moment.
func (b *backup) lock() error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	if b.mu.Lock(); b.tx != nil {
		return nil
	}
	b.mu.Unlock() // the writer may wait for it
	if err := b.store.acquire(b.ctx); err != nil {
		return err
	}
	defer b.store.release()
	at, err := b.store.now()
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.at = at
	b.hold(at.tx)
	b.begun++
	b.out.Moment(b.store.keep().Clock())
	return nil
}

// rooms writes all rooms.
func (b *backup) rooms() error {
	var after *wal.RoomID
	for {
		var id wal.RoomID
		found := false
		if err := b.unit(func(at *moment) error {
			id, found = at.next(after)
			return nil
		}); err != nil || !found {
			return err
		}
		if err := b.room(id); err != nil {
			return err
		}
		after = &id
	}
}

// room writes a room, its entry last: if another moment begins between two of its versions, it has
// those that are still there.
func (b *backup) room(id wal.RoomID) error {
	var e entry
	var versions []uint64
	err := b.unit(func(at *moment) (err error) {
		if e, err = at.entry(id); err != nil {
			return &persist.CorruptError{Reason: "list of rooms: " + err.Error()}
		}
		fault := at.room(b.out, id, &e)
		versions = at.versions(e.name)
		if d, known := at.damage(id, &e); known {
			b.Damage = append(b.Damage, d)
		} else {
			b.fault(e.name, 0, fault)
		}
		return nil
	})
	if errors.Is(err, persist.ErrCorrupt) {
		b.unreadable(id, &e, err)
	} else if err != nil {
		return err
	}
	moments, kept := b.begun, digest.Digest{}
	for _, v := range versions {
		if err := b.version(e.name, v, &kept); err != nil {
			return err
		}
	}
	if b.begun != moments {
		e.versions = kept
	}
	if e.empty() {
		return nil
	}
	b.Rooms++
	b.out.Bucket([][]byte{roomBucket}, 0)
	b.out.Value(id[:], e.encode(id))
	return nil
}

// version writes a version, and adds its digest to kept.
func (b *backup) version(room string, id uint64, kept *digest.Digest) error {
	err := b.unit(func(at *moment) error {
		d, fault := at.version(b.out, room, id)
		kept.Add(d)
		b.fault(room, id, fault)
		return nil
	})
	if errors.Is(err, persist.ErrCorrupt) {
		b.fault(room, id, err)
		return nil
	}
	return err
}

// fault reports damage that was found in a room, or in a version of it.
func (b *backup) fault(room string, version uint64, err error) {
	if err == nil {
		return
	}
	why := err.Error()
	if version != 0 {
		why = (&persist.CorruptError{Room: room, ID: version, Reason: why}).Error()
	}
	d := persist.Damage{Room: room, Reason: why, Time: b.store.keep().Clock()}
	b.Damage = append(b.Damage, d)
	b.store.counters.damage.Add(1)
}

// unreadable writes that a room cannot be read, so that it fails in the restored store, too.
func (b *backup) unreadable(id wal.RoomID, e *entry, why error) {
	b.fault(e.name, 0, why)
	*e = entry{name: e.name, damaged: true}
	d := persist.Damage{Room: e.name, Time: b.store.keep().Clock(), Reason: "when it was backed up: " + why.Error()}
	b.out.Bucket([][]byte{damageBucket}, 0)
	b.out.Value(id[:], damageValue(d))
}

// others writes everything that is not of a room.
func (b *backup) others() error {
	var within [][][]byte
	err := b.unit(func(at *moment) (err error) {
		within, err = at.others(b.out)
		return err
	})
	for i := 0; i < len(within) && err == nil; i++ {
		err = b.unit(func(at *moment) error {
			at.bucketAt(b.out, within[i])
			return nil
		})
	}
	return err
}
