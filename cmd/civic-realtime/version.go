package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/civicpress/civic-realtime/transport"
)

// version is that of the next release until it is made.
const version = "0.1.0"

type versionCommand struct{}

// Run implements kong's command.
func (versionCommand) Run() error {
	fmt.Println(versionLine())
	return nil
}

// versionLine names the program, the commit that it was built of, and Go.
func versionLine() string {
	b := build()
	commit := ""
	if b.Commit != "" {
		commit = " (" + b.Commit + ")"
	}
	return fmt.Sprintf("civic-realtime %s%s %s", b.Version, commit, b.Go)
}

// build says which program this is. The commit is known when go build ran in a
// repository; "+" marks changes that were not committed.
func build() transport.Build {
	b := transport.Build{Version: version, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	modified := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+"
		}
	}
	if b.Commit != "" {
		b.Commit += modified
	}
	return b
}
