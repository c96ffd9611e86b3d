package snapshots

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/civicpress/civic-realtime/persist"
)

// ListRooms writes a table of stored rooms.
func ListRooms(w io.Writer, rooms []persist.Room) error {
	t := table(w, "RECORD", "SAVED", "BYTES", "ROWS SINCE", "VERSIONS", "EXPIRES")
	for _, r := range rooms {
		size := "-"
		switch {
		case !r.Deleted.IsZero():
			size = "deleted"
		case r.Snapshot >= 0:
			size = fmt.Sprint(r.Snapshot)
		}
		line(t, quoted(RecordOf(r.Key)), when(r.Saved), size,
			fmt.Sprint(r.Rows), fmt.Sprint(r.Versions), when(r.Expires))
	}
	return t.Flush()
}

// ListVersions writes a table of the versions of a room, with names and users if there are any, and
// with the nodes of those that are on the
// disk of one of several nodes.
func ListVersions(w io.Writer, versions []persist.Version) error {
	ofNodes := slices.ContainsFunc(versions, func(v persist.Version) bool { return v.Node != "" })
	columns := []string{"VERSION", "TIME", "BYTES", "REASON"}
	named := slices.ContainsFunc(versions, func(v persist.Version) bool { return v.Name+v.By != "" })
	if named {
		columns = append(columns, "NAME", "BY")
	}
	if ofNodes {
		columns = append(columns, "NODE")
	}
	t := table(w, columns...)
	for _, v := range versions {
		cells := []string{fmt.Sprint(v.ID), when(v.Time), fmt.Sprint(v.Size), quoted(v.Why)}
		if named {
			cells = append(cells, quoted(v.Name), quoted(cmp.Or(v.ByName, v.By)))
		}
		if ofNodes {
			cells = append(cells, cmp.Or(v.Node, "-"))
		}
		line(t, cells...)
	}
	return t.Flush()
}
