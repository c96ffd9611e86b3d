package bolt

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/decisions"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

const tornName = wal.FileName + ".torn" // a log that ended in a commit that was not whole

// recover moves the rows that a killed process left in its log to the database. A log with damage
// is kept under another name, as Create empties it.
func (s *Store) recover(path string) error {
	l, err := wal.Read(path, s.last)
	if err != nil {
		return err
	}
	if err := s.checkOutdated(l.Txid, wal.FileName); err != nil {
		return err
	}
	m, err := readMarker(filepath.Dir(path))
	if err = errors.Join(err, s.checkOutdated(m.commits, markerName)); err != nil {
		return err
	}
	if !s.commitsKnown {
		s.commits = max(s.commits, m.commits, l.Txid)
	}
	if len(l.Rows) == 0 && len(l.Damage) == 0 {
		return nil
	}
	var now time.Time
	if len(l.Damage) > 0 {
		now = s.keep().Clock()
	}
	s.pending, s.last = l.Rows, l.Last
	if err := s.commit(nil, func(k *manifest) error {
		for _, d := range l.Damage {
			if err := s.markDamaged(k, d, now); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return keepLog(path, l.Damage, now)
}

// markDamaged records damage, and makes the room fail if it is about one of its rows.
func (s *Store) markDamaged(l *manifest, d persist.Damage, now time.Time) error {
	d.Time = now
	s.damage = append(s.damage, d)
	if d.Room == "" || d.Seq == 0 {
		return nil
	}
	id := wal.IDOf(d.Room)
	e, err := l.entry(id, d.Room)
	if err != nil || e.damaged {
		return err
	}
	e.damaged = true
	s.counters.damaged.Add(1)
	return putDamage(l.tx, id, d)
}

// keepLog gives a log with damage another name, once its rows are in the database.
func keepLog(path string, damage []persist.Damage, now time.Time) error {
	if len(damage) == 0 {
		return nil
	}
	name := tornName
	for _, d := range damage {
		if !d.Harmless {
			name = wal.FileName + ".damaged-" + now.UTC().Format(stamp)
		}
	}
	return os.Rename(path, filepath.Join(filepath.Dir(path), name))
}

// saveMarker records how many transactions there were. It is no error if it fails, as on a full
// disk: an older marker shows less, and nothing wrong.
func (s *Store) saveMarker() {
	if err := writeMarker(filepath.Dir(s.db.Path()), s.commits); err != nil {
		s.log.Warn("the marker of the database cannot be written", slog.String("reason", err.Error()))
	}
}

// checkOutdated fails if the database lacks transactions that were on the disk.
func (s *Store) checkOutdated(known uint64, by string) error {
	if s.accept || !s.commitsKnown || known <= s.commits {
		return nil
	}
	const format = "%w: %s, which %s knows of; " +
		"if it comes from a backup, move %s and %s away; %s"
	lacks := lacksTransactions(known - s.commits)
	return fmt.Errorf(format, persist.ErrCorrupt, lacks, by, markerName, wal.FileName, seeRepair)
}

// Open opens the store in dir, which is made if it is missing. It returns persist.ErrInUse,
// ErrFormat and ErrCorrupt, among others; after the last the file may stay locked while the process
// lives. Damage lists the damage that does not keep the store from opening.
func Open(dir string, cfg Config) (*Store, error) {
	repaired, err := repairDB(dir, cfg)
	if err != nil {
		return nil, err
	}
	makePrivate(dir, cfg.log())
	if cfg.Existing {
		if _, err := os.Stat(filepath.Join(dir, dbName)); err != nil {
			return nil, err
		}
	}
	db, err := openDB(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		db: db, interval: cfg.syncInterval(), log: cfg.log(),
		accept: cfg.Accept, damage: repaired, writer: make(chan struct{}, 1),
	}
	s.retained.Store(&cfg.Retention)
	if err := s.start(dir, cfg.Async); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// start verifies the database, recovers the rows that a killed process left in its log, and begins
// a new log.
func (s *Store) start(dir string, async bool) (err error) {
	if err := prepare(s.db); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, dbName), err)
	}
	if err := s.verify(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, dbName), err)
	}
	path := filepath.Join(dir, wal.FileName)
	if err := s.recover(path); err != nil {
		return err
	}
	s.flush = time.AfterFunc(time.Hour, s.flushInBackground)
	s.flush.Stop() // until a row is pending
	cfg := wal.Config{Synced: !async, Txid: s.commits, FellBack: s.fellBack}
	if s.wal, err = wal.Create(path, cfg); err != nil {
		return err
	}
	s.saveMarker()
	if err := s.watch(); err != nil {
		return errors.Join(err, s.wal.Close())
	}
	s.report()
	return nil
}

// Close puts everything on the disk and gives up the directory.
func (s *Store) Close() error {
	s.writer <- struct{}{}
	defer s.release()
	if s.closed {
		return nil
	}
	s.closed = true
	s.unwatch()
	if b := s.backup.Load(); b != nil {
		b.end() // it would keep the database from closing
	}
	s.checkFiles()
	if err := s.Healthy(); err != nil { // the files at these paths are another store's
		s.flush.Stop()
		return errors.Join(err, s.wal.Close(), s.db.Close())
	}
	err := s.flushAll()
	if err == nil {
		s.saveMarker()
	}
	return errors.Join(err, s.db.Close())
}

// flushAll moves all rows to the database and removes the log. If that fails the log stays, for
// the next Open.
func (s *Store) flushAll() error {
	s.flush.Stop()
	if err := s.flushPending(); err != nil {
		return errors.Join(err, s.wal.Close())
	}
	return s.wal.Remove()
}

// verify verifies the database of a store that is being opened, and sets the store's index,
// numbers and damage.
func (s *Store) verify() error {
	var x *verification
	err := guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) (err error) {
			x, err = verify(tx, s.keep().Clock, s.accept)
			return err
		})
	})
	if err == nil && x.stale {
		err = guard(func() error { return s.db.Update(x.rewrite) })
	}
	if err != nil {
		return err
	}
	lost, err := s.repairDecisions(&x.decisions)
	if err != nil {
		return err
	}
	s.index, s.last, s.expiring, s.drops = x.index, x.last, x.expiry, x.drops
	s.damage = slices.Concat(s.damage, x.report, lost)
	if s.commits = x.commits; x.stale {
		s.commits++
	}
	s.commitsKnown = x.sumsWhole
	for _, e := range x.rooms {
		if e.damaged {
			s.counters.damaged.Add(1)
		}
	}
	return nil
}

// repairDecisions drops decisions that are damaged, and reports that.
func (s *Store) repairDecisions(x *decisions.Set) (report []persist.Damage, err error) {
	if len(x.Damage(time.Time{})) == 0 {
		return nil, nil
	}
	report = x.Damage(s.keep().Clock())
	rewrite := func(tx *bbolt.Tx) error { return decisionPlace.Rewrite(tx, x) }
	return report, guard(func() error { return s.db.Update(rewrite) })
}
