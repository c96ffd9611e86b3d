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
	if errors.As(err, new(usageError)) {
		os.Exit(2)
	}
	os.Exit(1)
}
