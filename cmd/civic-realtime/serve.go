package main

import (
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
)

// serveCommand runs the server.
type serveCommand struct{ app.Flags }

// Run implements kong's command.
func (f serveCommand) Run() error {
	c, err := f.Load()
	if err != nil {
		return usageError{err}
	}
	s, err := app.New(c, os.Stdout, os.Stderr)
	if err != nil {
		return usageError{err}
	}
	return s.Run(untilSignal(s.Log))
}
