package main

import (
	"fmt"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
)

type versionCommand struct{}

// Run implements kong's command.
func (versionCommand) Run() error {
	fmt.Println(versionLine())
	return nil
}

// versionLine returns the program's name, the commit that it was built from, and the version of Go.
func versionLine() string {
	b := app.Build()
	commit := ""
	if b.Commit != "" {
		commit = " (" + b.Commit + ")"
	}
	return fmt.Sprintf("civic-realtime %s%s %s", b.Version, commit, b.Go)
}
