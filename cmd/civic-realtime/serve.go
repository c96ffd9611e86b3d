package main

import (
	"context"
	"log"
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
	log.SetFlags(0)
	log.SetOutput(s.LibraryLines())
	hangup := app.By(context.Background(), "signal:SIGHUP")
	reload := func() { _, _ = s.Reload(hangup) } // which logs its result
	return s.Run(untilSignal(reload, s.Reopen))
}
