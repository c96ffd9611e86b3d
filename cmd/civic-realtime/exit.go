package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// usageError is an error in the command line or the configuration. The process then exits with code
// 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func fail(err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(os.Stderr, "civic-realtime:", strings.TrimSuffix(line, "\n"))
	}
	os.Exit(exitCode(err))
}

// exitCode returns the code for an error: its own if it has one.
func exitCode(err error) int {
	var coded interface{ ExitCode() int }
	switch {
	case errors.As(err, new(usageError)):
		return 2
	case errors.As(err, &coded):
		return coded.ExitCode()
	}
	return 1
}
