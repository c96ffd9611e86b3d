package persist

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Automatic is why a version was kept that SaveSnapshot kept by itself.
const Automatic = "snapshot"

// What calls about versions can fail with, besides.
var (
	ErrVersion = errors.New("no such version") // is kept, or not any more
	ErrWhy     = errors.New("not a version's reason")
)

// Version is a snapshot of a room's that is kept beside its newest.
type Version struct {
	ID   uint64    // ascends within a room
	Time time.Time // when it was saved, in milliseconds
	Why  string    // Automatic, or what KeepVersion was told
	Size int       // in bytes
}

// Room is what a store has of a room.
type Room struct {
	Key      string
	Saved    time.Time // when the snapshot was saved, in milliseconds; zero: not known
	Snapshot int       // its size in bytes; -1: there is none
	Rows     int       // that it does not cover
	Versions int
	Expires  time.Time // zero: never
}

// Retention says how many versions a store keeps. The zero value has the defaults.
type Retention struct {
	// Versions is how many a room has of automatic ones, and apart from them of
	// others, before the oldest goes. Default 10.
	Versions int
	// VersionInterval is how old the newest automatic one is when SaveSnapshot keeps
	// the snapshot that it replaces. Default 5 min.
	VersionInterval time.Duration
	// NoAutomatic has SaveSnapshot keep none. Default off.
	NoAutomatic bool
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Clock is the time now, in milliseconds.
func (r Retention) Clock() time.Time {
	if r.Now == nil {
		return time.Now().Truncate(time.Millisecond)
	}
	return r.Now().Truncate(time.Millisecond)
}

// Due says whether a snapshot that is replaced now is to be kept beside versions,
// which are in order. One of a time to come was kept while a clock ran ahead, and puts
// nothing off.
func (r Retention) Due(now time.Time, versions []Version) bool {
	if r.NoAutomatic {
		return false
	}
	for i := len(versions) - 1; i >= 0; i-- {
		if versions[i].Why == Automatic {
			age := now.Sub(versions[i].Time)
			return age < 0 || age >= cmp.Or(r.VersionInterval, 5*time.Minute)
		}
	}
	return true
}

// Surplus returns those of the versions, which are in order, that are too many.
func (r Retention) Surplus(versions []Version) (surplus []Version) {
	var automatic, others int
	for i := len(versions) - 1; i >= 0; i-- {
		n := &others
		if versions[i].Why == Automatic {
			n = &automatic
		}
		if *n++; *n > cmp.Or(r.Versions, 10) {
			surplus = append(surplus, versions[i])
		}
	}
	return surplus
}

// MaxWhy is the length of the longest reason in bytes.
const MaxWhy = 255

// CheckVersion returns an ErrRoom or ErrWhy unless these can be a KeepVersion's arguments.
func CheckVersion(room, why string) error {
	if len(why) > MaxWhy {
		return fmt.Errorf("%w: %d bytes long", ErrWhy, len(why))
	}
	return CheckRoom(room)
}
