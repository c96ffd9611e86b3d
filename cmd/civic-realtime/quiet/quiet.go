// Package quiet discards the lines of Go's standard logger, package log, from the start of the
// program on. Nothing of this repository writes to it. Libraries do, one of them while it is
// initialized, and their lines would be on stderr in each command, between those that people or
// programs read.
//
// It imports nothing but log and io, as Go initializes packages in the order of their paths, each
// once those that it imports are initialized: so this one is initialized as soon as log is, before
// net/http, and before every library that imports that.
package quiet

import (
	"io"
	"log"
)

func init() { log.SetOutput(io.Discard) }
