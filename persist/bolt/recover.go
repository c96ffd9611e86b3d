package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

const tornName = wal.FileName + ".torn" // a tail that ended in a commit that was not whole

// recover takes into the database what a killed process left in its tail. What is not
// there whole stays under another name, as the tail begins anew.
func (s *Store) recover(path string) error {
	l, err := wal.Read(path, s.last)
	if err != nil {
		return err
	}
	if err := s.outdated(l.Txid, wal.FileName); err != nil {
		return err
	}
	mark, _, err := readMarker(filepath.Dir(path))
	if err = errors.Join(err, s.outdated(mark, markerName)); err != nil {
		return err
	}
	if !s.counted {
		s.commits = max(s.commits, mark, l.Txid)
	}
	if len(l.Rows) == 0 && len(l.Damage) == 0 {
		return nil
	}
	var now time.Time
	if len(l.Damage) > 0 {
		now = s.keep.Clock()
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
	return keepTail(path, l.Damage, now)
}

const seeRepair = "civic-realtime repair shows what can be had"

// markDamaged notes damage, and keeps the room from being loaded if a row of it is missing.
func (s *Store) markDamaged(l *manifest, d persist.Damage, now time.Time) error {
	d.Time = now
	s.damage = append(s.damage, d)
	if d.Room == "" || d.Seq == 0 {
		return nil
	}
	id := wal.IDOf(d.Room)
	e, err := l.of(id, d.Room)
	if err != nil || e.damaged {
		return err
	}
	e.damaged = true
	s.counters.damaged.Add(1)
	return putDamage(l.tx, id, d)
}

// keepTail gives a tail with damage another name, once its rows are in the database.
func keepTail(path string, damage []persist.Damage, now time.Time) error {
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
