package app

import (
	"runtime"
	"runtime/debug"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Version is the version of the program: between releases, that of the next one.
const Version = "0.1.0"

// Build describes the running program. The commit is known if go build ran in a repository; "+"
// marks uncommitted changes.
func Build() api.Build {
	b := api.Build{Version: Version, Go: runtime.Version()}
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
