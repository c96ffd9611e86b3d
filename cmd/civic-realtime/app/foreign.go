package app

import (
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// foreignKeys are keys of CivicPress' files that have no effect here, each with the reason. Keys
// below them are not checked.
var foreignKeys = map[string]string{
	"connection_cleanup":   "a connection on which nothing comes, not even the answer to a ping, is closed after 75 s",
	"snapshots.intervalMs": "snapshots.interval says it, in seconds",
	"snapshots.storage":    "snapshots are kept in data_dir",
}

// sweepKey occurs in several sections of CivicPress' files.
const sweepKey = "cleanupIntervalMs"

// foreign returns the reason for which a key of CivicPress' files has no effect, "" for other keys.
func foreign(path yamlfile.Path) string {
	if path[len(path)-1] == sweepKey {
		return "what is over is dropped when it is, and not at intervals"
	}
	return foreignKeys[path.String()]
}
