package app

import (
	"runtime"
	"runtime/debug"

	"github.com/civicpress/civic-realtime/transport/admin"
)

// Version is the version of the program: that of the next release until it is made.
const Version = "0.1.0"

// Build describes the program that runs. The commit is known when go build ran in a
// repository; "+" marks changes that were not committed.
func Build() admin.Build {
	b := admin.Build{Version: Version, Go: runtime.Version()}
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
