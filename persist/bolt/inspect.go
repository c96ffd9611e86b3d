package bolt

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/pages"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Inspection is everything that is in a store that is not open.
type Inspection struct {
	Opens       bool             // Open would succeed
	Damage      []persist.Damage // in no order
	Rooms       []Recoverable    // without snapshots and rows; those of the manifest are among them
	Quarantined []QuarantinedRoom
	Decisions   []persist.Decision // those that can be read
}

// QuarantinedRoom describes a room that Quarantine has moved away.
type QuarantinedRoom struct {
	ID     uint64 // the number under which it is quarantined
	Room   string
	Reason string // why it failed
	Time   time.Time
}

// Inspect reads everything in the store in dir, and changes nothing. If pages of the database are
// damaged it copies the others to a file beside it, which it deletes in the end.
func Inspect(dir string) (*Inspection, error) {
	in := &Inspection{Opens: true}
	copied := filepath.Join(dir, newName)
	path, err := in.readable(dir, copied)
	if err != nil {
		return nil, err
	}
	if path == copied {
		defer os.Remove(path)
	}
	var last, commits uint64
	if path != "" {
		if last, commits, err = in.database(path); err != nil {
			return nil, err
		}
	}
	return in, in.log(dir, last, commits)
}

var errOlder = fmt.Errorf("%w: it is of an older version; start the server once to convert it",
	persist.ErrFormat)

func (in *Inspection) problem(format string, args ...any) {
	in.Opens = false
	in.Damage = append(in.Damage, persist.Damage{Reason: fmt.Sprintf(format, args...)})
}

// readable returns the path of a database that bbolt may read, empty if there is none. If pages
// are damaged it is a copy with all that can be read.
func (in *Inspection) readable(dir, copied string) (string, error) {
	path := filepath.Join(dir, dbName)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", in.missing(dir)
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	if pages.Lock(file, lockWait) != nil {
		return "", fmt.Errorf("%w: %s", persist.ErrInUse, dir)
	}
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if info.Size() == 0 {
		return "", in.missing(dir)
	}
	m, err := pages.Open(file, info.Size())
	if err != nil {
		in.problem("%s, %d bytes: %v", dbName, info.Size(), err)
		return "", nil
	}
	w := &pages.Walker{File: m}
	if err := w.Walk(); err != nil || w.Faulty == 0 {
		return path, err
	}
	for _, fault := range w.Faults {
		in.Damage = append(in.Damage, persist.Damage{Reason: fmt.Sprintf("%s: %v", dbName, fault)})
	}
	if err := rebuild(copied, m, false); err == nil {
		return copied, nil
	}
	in.problem("%s: %v", dbName, errUnproven)
	return copied, rebuild(copied, m, true)
}

// missing fails with fs.ErrNotExist if nothing shows that there was a store.
func (in *Inspection) missing(dir string) error {
	err := checkMissing(dir, false)
	if err == nil {
		return fs.ErrNotExist
	}
	in.problem("%v", err)
	return nil
}

// database reads the database at path.
func (in *Inspection) database(path string) (last, commits uint64, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockWait})
	if err != nil {
		return 0, 0, openError(filepath.Dir(path), err)
	}
	err = guard(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			if tx.Bucket(roomBucket) == nil {
				return errOlder
			}
			if _, err := verify(tx, time.Now, false); err != nil {
				in.problem("%v", err)
			}
			x, err := verify(tx, time.Now, true)
			if err != nil {
				return err
			}
			last, commits = x.last, x.commits
			in.Damage = slices.Concat(in.Damage, x.report, x.decisions.Damage(time.Now()))
			in.Decisions = x.decisions.All
			for id, e := range x.rooms {
				r := recoverable(tx, id, e.name, x.index.of(id), x.reason(tx, id))
				r.Snapshot, r.Rows = nil, nil // they may be more than fits in memory
				in.Rooms = append(in.Rooms, r)
			}
			byRoom := func(a, b Recoverable) int { return cmp.Compare(a.Room, b.Room) }
			slices.SortFunc(in.Rooms, byRoom)
			return in.quarantine(tx)
		})
	})
	return last, commits, errors.Join(err, db.Close())
}

func (in *Inspection) quarantine(tx *bbolt.Tx) error {
	all := tx.Bucket(quarantineBucket)
	return all.ForEachBucket(func(k []byte) error {
		b := all.Bucket(k)
		in.Quarantined = append(in.Quarantined, QuarantinedRoom{
			ID: binary.BigEndian.Uint64(k), Room: string(b.Get(quarantineRoom)),
			Reason: string(b.Get(quarantineReason)), Time: readTime(b.Get(quarantineTime)),
		})
		return nil
	})
}

// log adds the rows that are not in the database.
func (in *Inspection) log(dir string, last, commits uint64) error {
	l, err := wal.Read(filepath.Join(dir, wal.FileName), last)
	if err != nil {
		return err
	}
	m, err := readMarker(dir)
	if known := max(l.Txid, m.commits); known > commits && in.Opens {
		in.problem("%s", lacksTransactions(known-commits))
	}
	in.Damage = append(in.Damage, l.Damage...)
	places := make(map[string]int, len(in.Rooms))
	for at, r := range in.Rooms {
		places[r.Room] = at
	}
	for _, row := range l.Rows {
		room := row.Owner()
		at, known := places[room]
		if !known {
			at = len(in.Rooms)
			places[room], in.Rooms = at, append(in.Rooms, Recoverable{Room: room})
		}
		in.Rooms[at].Count++
	}
	return err
}
