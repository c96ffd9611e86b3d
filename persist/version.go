package persist

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// Automatic is the reason of versions that SaveSnapshot has kept.
const Automatic = "snapshot"

// Errors of calls about versions.
var (
	ErrVersion = errors.New("no such version") // or not any more
	ErrWhy     = errors.New("not a version's reason")
)

// Version describes a snapshot of a room that is kept beside its newest. It is an alias of a struct
// type, as Row is.
type Version = struct {
	ID   uint64    // ascends within a room, from 1
	Time time.Time // when it was saved, in milliseconds
	Why  string    // the reason: Automatic, or KeepVersion's
	Size int       // in bytes
	Node string    // the only one of several nodes whose disk has it; else, and in a store, empty
}

// Room describes the stored state of a room. It is an alias of a struct type, as Row is.
type Room = struct {
	Key      string
	Saved    time.Time // when the snapshot was saved, in milliseconds; zero: not known
	Snapshot int       // its size in bytes; -1: there is none
	Rows     int       // number of rows that it does not cover
	Versions int
	Expires  time.Time // zero: never
}

// Retention has the options about versions. The zero value has the defaults.
type Retention struct {
	// Versions is how many automatic versions a room has at most, and how many others. Default 10.
	Versions int
	// VersionInterval is the least time between two automatic versions of a room. Default 5 min.
	VersionInterval time.Duration
	// NoAutomatic makes SaveSnapshot keep no versions. Default off.
	NoAutomatic bool
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Clock returns the time now, truncated to milliseconds.
func (r Retention) Clock() time.Time {
	if r.Now == nil {
		return time.Now().Truncate(time.Millisecond)
	}
	return r.Now().Truncate(time.Millisecond)
}

// Due reports whether a snapshot that is replaced at now is to be kept beside versions, which are
// in order of their ids. A version with a time in the future was kept while a clock ran ahead, and
// is ignored.
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

// Surplus returns the versions that are to be deleted; versions are in order of their ids.
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

// MaxWhy is the length of the longest reason, in bytes.
const MaxWhy = 255

// CheckVersion returns an ErrRoom or ErrWhy unless these can be arguments of KeepVersion.
func CheckVersion(room, why string) error {
	if len(why) > MaxWhy {
		return fmt.Errorf("%w: %d bytes long", ErrWhy, len(why))
	}
	return CheckRoom(room)
}
