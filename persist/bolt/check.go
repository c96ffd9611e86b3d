package bolt

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Place is the part of a store that a Finding is about.
type Place string

// The parts of a store.
const (
	PlaceDatabase   Place = "database"   // files and pages
	PlaceRooms      Place = "rooms"      // the manifest, and a room's entry in it
	PlaceJournal    Place = "journal"    // rows in the database
	PlaceSnapshot   Place = "snapshot"   // of a room
	PlaceVersion    Place = "version"    // of a room
	PlaceExpiry     Place = "expiry"     // of a room
	PlaceQuarantine Place = "quarantine" // rooms that Quarantine moved away
	PlaceDecisions  Place = "decisions"  // locks and bans
	PlaceMark       Place = "mark"       // of a room: what of it others have
	PlaceLog        Place = "log"        // the write-ahead log
	PlaceDocument   Place = "document"   // of a room or a version, by Checker.Document
)

// Finding is one thing that Check found wrong.
type Finding struct {
	Place   Place  `json:"place"`
	Room    string `json:"room,omitempty"`
	Row     uint64 `json:"row,omitempty"`     // sequence number
	Version uint64 `json:"version,omitempty"` // id; in the quarantine: number
	Reason  string `json:"reason"`

	// Harmless is set if no data is lost.
	Harmless bool `json:"harmless"`
}

// Totals counts the records that Check has read.
type Totals struct {
	Rooms       int `json:"rooms"`
	Snapshots   int `json:"snapshots"`
	Rows        int `json:"rows"` // in the database
	LogRows     int `json:"logRows"`
	Versions    int `json:"versions"`
	Quarantined int `json:"quarantined"`
	Decisions   int `json:"decisions"` // locks and bans
}

// Checker has the callbacks and options of Check.
type Checker struct {
	// Document checks the document of a room, or of a version, that can be read: snapshot, nil if
	// there is none, and the rows after it, which it borrows. May be nil.
	Document func(snapshot []byte, rows [][]byte) error
	// Report is called with each finding.
	Report func(Finding)
	// TempDir is the directory for a temporary copy of a damaged database. Default: that of the
	// operating system.
	TempDir string
}

// Check reads everything in the store in dir, record by record, and reports all damage. The store
// must not be open. It changes nothing in dir. It returns an error only if it could not begin:
// fs.ErrNotExist where there is no store, persist.ErrInUse and persist.ErrFormat among others.
func Check(dir string, c Checker) (Totals, error) {
	k := &checking{Checker: c, dir: dir, log: map[wal.RoomID][]wal.Row{}, rows: map[uint64]bool{}}
	temp, err := os.MkdirTemp(c.TempDir, "civic-realtime-check-")
	if err != nil {
		return k.Totals, err
	}
	in := &Inspection{Opens: true}
	path, err := in.readable(dir, filepath.Join(temp, dbName))
	for _, d := range in.Damage {
		k.Report(Finding{Place: PlaceDatabase, Reason: d.Reason})
	}
	switch {
	case err != nil:
	case path == "":
		if err = k.readLog(0, 0); err == nil {
			k.logRooms()
		}
	default:
		err = k.database(path)
	}
	return k.Totals, errors.Join(err, os.RemoveAll(temp))
}

// checking is one Check under way.
type checking struct {
	Checker
	Totals
	dir string
	tx  *bbolt.Tx
	x   *verification
	log map[wal.RoomID][]wal.Row // rows of the log whose rooms have not been checked yet

	rows map[uint64]bool // damaged rows of the database that were reported
}

func (k *checking) database(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockWait})
	if err != nil {
		return openError(k.dir, err)
	}
	err = guard(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			if k.tx = tx; tx.Bucket(roomBucket) == nil {
				return errOlder
			}
			return k.all()
		})
	})
	if errors.Is(err, persist.ErrCorrupt) {
		why := err.Error() + "; the records after that are not checked"
		k.Report(Finding{Place: PlaceDatabase, Reason: why})
		err = nil
	}
	return errors.Join(err, db.Close())
}

func (k *checking) all() (err error) {
	if _, err := verify(k.tx, time.Now, false); err != nil {
		k.Report(Finding{Place: PlaceRooms, Reason: err.Error()})
	}
	if k.x, err = verify(k.tx, time.Now, true); err != nil {
		return err
	}
	if err := k.readLog(k.x.last, k.x.commits); err != nil {
		return err
	}
	k.strayKeys()
	k.rooms()
	for _, d := range k.x.report {
		if !k.rows[d.Seq] {
			k.damage(PlaceRooms, d)
		}
	}
	for _, d := range k.x.decisions.Damage(time.Time{}) {
		k.damage(PlaceDecisions, d)
	}
	k.Decisions = len(k.x.decisions.All)
	k.marks()
	k.logRooms()
	return k.quarantine()
}

func (k *checking) damage(place Place, d persist.Damage) {
	k.Report(Finding{
		Place: place, Room: d.Room, Row: d.Seq, Reason: d.Reason, Harmless: d.Harmless,
	})
}

// readLog reads the log, and checks that the database is as new as log and marker know it.
func (k *checking) readLog(last, commits uint64) error {
	c, err := wal.Read(filepath.Join(k.dir, wal.FileName), last)
	if err != nil {
		return err
	}
	for _, d := range c.Damage {
		k.damage(PlaceLog, d)
	}
	for _, row := range c.Rows {
		k.log[row.Key.Room()] = append(k.log[row.Key.Room()], row)
	}
	k.LogRows = len(c.Rows)
	m, err := readMarker(k.dir)
	if err != nil || k.x == nil {
		return err
	}
	if known := max(c.Txid, m.commits); known > commits {
		k.Report(Finding{Place: PlaceDatabase, Reason: lacksTransactions(known - commits)})
	}
	if m.damaged || !m.exists {
		why := markerName + " is missing or damaged, and is made anew when the store is opened"
		k.Report(Finding{Place: PlaceDatabase, Reason: why, Harmless: true})
	}
	return nil
}

// quarantine counts the quarantined rooms. Their damage is known; rooms without a key are reported.
func (k *checking) quarantine() error {
	all := k.tx.Bucket(quarantineBucket)
	return all.ForEachBucket(func(key []byte) error {
		k.Quarantined++
		if persist.CheckRoom(string(all.Bucket(key).Get(quarantineRoom))) != nil {
			id := binary.BigEndian.Uint64(key)
			k.Report(Finding{Place: PlaceQuarantine, Version: id, Reason: "the key of its room is missing"})
		}
		return nil
	})
}
