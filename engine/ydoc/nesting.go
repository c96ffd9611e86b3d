package ydoc

import "errors"

// MaxNesting is how deep types may be nested. Clients delete and read them by recursion, which some
// thousand levels, in an update of a few kilobytes, would make throw.
const MaxNesting = 200

// ErrNesting is the error for a type that is nested deeper than MaxNesting.
var ErrNesting = errors.New("types nested too deeply")
