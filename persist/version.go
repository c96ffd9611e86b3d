package persist

import (
	"cmp"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Automatic is the reason of versions that SaveSnapshot has kept.
const Automatic = "snapshot"

// Errors of calls about versions.
var (
	ErrVersion = error(noVersion("no such version")) // or not any more
	ErrWhy     = errors.New("not a version's reason")
	ErrName    = errors.New("not a text of a version")
	ErrNamed   = error(tooMany("the room has as many named versions as it may have"))
)

// noVersion and tooMany are errors that packages which do not import this one can recognize by
// their methods.
type (
	noVersion string
	tooMany   string
)

func (e noVersion) Error() string { return string(e) }

// NoVersion marks the error.
func (noVersion) NoVersion() {}

func (e tooMany) Error() string { return string(e) }

// TooManyVersions marks the error.
func (tooMany) TooManyVersions() {}

// Version describes a snapshot of a room that is kept beside its newest. It is an alias of a struct
// type, as Row is.
type Version = struct {
	ID   uint64    // ascends within a room, from 1
	Time time.Time // when it was saved, in milliseconds
	Why  string    // the reason: Automatic, or KeepVersion's
	Size int       // in bytes
	Node string    // the only one of several nodes whose disk has it; else, and in a store, empty

	Kept         time.Time // when it became a version, in milliseconds; its age counts from then
	Name         string    // given by a user; empty: none
	By           string    // id of the user who had it kept; empty: not known
	ByName       string    // the name of that user
	For          string    // on whose behalf that was; empty: the user's own
	RestoredFrom uint64    // id of the version that replaced it in a restoration; 0: none
}

// Room describes the stored state of a room. It is an alias of a struct type, as Row is.
type Room = struct {
	Key      string
	Saved    time.Time // when the snapshot was saved, in milliseconds; zero: not known
	Snapshot int       // its size in bytes; -1: there is none
	Rows     int       // number of rows that it does not cover
	Versions int
	Expires  time.Time // zero: never
	Deleted  time.Time // for those who look into snapshots: when the document was deleted
	Empty    bool      // for those who look into snapshots: nobody has written in the document
}

// Retention has the options about versions. The zero value has the defaults. It tells three kinds
// of versions apart: those with a name; of those without, the automatic ones; and all others.
type Retention struct {
	// Versions is how many automatic versions a room has at most, and how many others. Default 10.
	Versions int
	// VersionInterval is the least time between two automatic versions of a room. Default 5 min.
	VersionInterval time.Duration
	// NoAutomatic makes SaveSnapshot keep no versions. Default off.
	NoAutomatic bool
	// MaxAge is the age at which a version without a name is deleted. Default 0: never.
	MaxAge time.Duration
	// Bytes is how large the versions of a kind are together at most; the newest of each kind stays
	// in any case. Default 0: as large as they are.
	Bytes int64
	// Named is how many named versions a room has at most. One more is refused, as none of them is
	// deleted for another. Default 100.
	Named int
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

// kind is a kind of versions, which is counted by itself.
type kind int

const (
	automatic kind = iota
	other
	named
	kinds
)

func kindOf(v Version) kind {
	switch {
	case v.Name != "":
		return named
	case v.Why == Automatic:
		return automatic
	}
	return other
}

// Surplus returns the versions that are to be deleted at now; versions are in order of their ids.
func (r Retention) Surplus(now time.Time, versions []Version) (surplus []Version) {
	var count [kinds]int
	var bytes [kinds]int64
	for i := len(versions) - 1; i >= 0; i-- {
		v := versions[i]
		k := kindOf(v)
		if k == named {
			continue
		}
		count[k]++
		bytes[k] += int64(v.Size)
		many := count[k] > cmp.Or(r.Versions, 10)
		large := r.Bytes > 0 && count[k] > 1 && bytes[k] > r.Bytes
		if many || large || r.aged(now, v) {
			surplus = append(surplus, v)
		}
	}
	return surplus
}

// aged reports whether a version is too old.
func (r Retention) aged(now time.Time, v Version) bool {
	kept := v.Kept
	if kept.IsZero() { // by an earlier release
		kept = v.Time
	}
	return r.MaxAge > 0 && now.Sub(kept) >= r.MaxAge
}

// CheckNamed returns an ErrNamed if a room with versions may have no other one with a name, of size
// bytes. One with the id is left out, as it is to be renamed.
func (r Retention) CheckNamed(versions []Version, id uint64, size int) error {
	count, bytes := 0, int64(0)
	for _, v := range versions {
		if v.Name != "" && v.ID != id {
			count++
			bytes += int64(v.Size)
		}
	}
	switch limit := r.MaxNamed(); {
	case count >= limit:
		return fmt.Errorf("%w: %d", ErrNamed, limit)
	case count > 0 && r.Bytes > 0 && bytes+int64(size) > r.Bytes:
		return fmt.Errorf("%w: %d bytes of %d", ErrNamed, bytes, r.Bytes)
	}
	return nil
}

// MaxNamed returns how many named versions a room has at most.
func (r Retention) MaxNamed() int { return cmp.Or(r.Named, 100) }

// MaxWhy and MaxText are the lengths of the longest reason, and of each other text, in bytes.
const (
	MaxWhy  = 255
	MaxText = 255
)

// CheckVersion returns an ErrRoom, ErrWhy or ErrName unless these can be arguments of KeepVersion.
func CheckVersion(room string, v Version) error {
	if len(v.Why) > MaxWhy {
		return fmt.Errorf("%w: %d bytes long", ErrWhy, len(v.Why))
	}
	for _, text := range []string{v.Name, v.By, v.ByName, v.For} {
		if err := CheckName(text); err != nil {
			return err
		}
	}
	return CheckRoom(room)
}

// CheckName returns an ErrName unless text can be the name of a version.
func CheckName(text string) error {
	switch {
	case len(text) > MaxText:
		return fmt.Errorf("%w: %d bytes long", ErrName, len(text))
	case !utf8.ValidString(text):
		return fmt.Errorf("%w: no valid UTF-8", ErrName)
	}
	return nil
}
