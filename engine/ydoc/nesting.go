package ydoc

import "errors"

// MaxNesting is how deep types may nest. Clients delete and read them by
// recursion: some thousand levels, in an update of a few kilobytes, make that throw.
const MaxNesting = 200

// ErrNesting is a type nested deeper than MaxNesting.
var ErrNesting = errors.New("types nested too deeply")
