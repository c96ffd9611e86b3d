package snapshots

import (
	"fmt"
	"io"

	"github.com/civicpress/civic-realtime/persist"
)

// ListRooms writes a table of stored rooms.
func ListRooms(w io.Writer, rooms []persist.Room) error {
	t := table(w, "RECORD", "SAVED", "BYTES", "ROWS SINCE", "VERSIONS", "EXPIRES")
	for _, r := range rooms {
		size := "-"
		if r.Snapshot >= 0 {
			size = fmt.Sprint(r.Snapshot)
		}
		line(t, quoted(RecordOf(r.Key)), when(r.Saved), size,
			fmt.Sprint(r.Rows), fmt.Sprint(r.Versions), when(r.Expires))
	}
	return t.Flush()
}

// ListVersions writes a table of the versions of a room.
func ListVersions(w io.Writer, versions []persist.Version) error {
	t := table(w, "VERSION", "TIME", "BYTES", "REASON")
	for _, v := range versions {
		line(t, fmt.Sprint(v.ID), when(v.Time), fmt.Sprint(v.Size), quoted(v.Why))
	}
	return t.Flush()
}
