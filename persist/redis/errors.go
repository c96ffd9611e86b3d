package redis

import (
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/persist"
)

// refusal is an answer about one room. It is the error of another package with the same text, as
// packages that use this one by an interface declare their own.
type refusal string

// Errors of single rooms. errors.Is takes them for engine/cluster's errors of the same names.
const (
	ErrNotOwner = refusal("this node is not the owner of the room")
	ErrDropped  = refusal("this incarnation of the room was dropped")
	ErrChanged  = refusal("Redis has failed over, or was emptied")
)

func (r refusal) Error() string { return string(r) }

// Is reports whether the target says the same.
func (r refusal) Is(target error) bool { return target != nil && target.Error() == string(r) }

// NotOwner reports whether the error says that the room has another owner, or none.
func (r refusal) NotOwner() bool { return r == ErrNotOwner }

// unreachable is the error of a call that has not reached Redis, or was not answered.
type unreachable struct{ error }

func (u unreachable) Error() string { return "Redis: " + u.error.Error() }

func (u unreachable) Unwrap() error { return u.error }

// Unreachable is true.
func (unreachable) Unreachable() bool { return true }

// errRow says that Redis did not take a row, which has no reason that is known here.
var errRow = errors.New("Redis refused a row")

// refusals are the answers of scripts by their numbers, as scripts/lib.lua declares them.
var refusals = []error{nil, ErrNotOwner, ErrDropped, ErrChanged, persist.ErrCorrupt, errRow}

// refused returns the error for the answer of a script about a room.
func refused(code int64) error {
	if code < 0 || code >= int64(len(refusals)) {
		return fmt.Errorf("Redis answered %d", code)
	}
	return refusals[code]
}
