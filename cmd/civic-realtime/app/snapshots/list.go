package snapshots

import (
	"context"
	"fmt"
	"io"

	"github.com/civicpress/civic-realtime/persist"
)

// Lister lists the rooms of a store, and their versions.
type Lister interface {
	Rooms(context.Context) ([]persist.Room, error)
	Versions(ctx context.Context, room string) ([]persist.Version, error)
}

// ListRecords writes a table of the records of a store. Even if it returns an error the table has
// all records that can be read.
func ListRecords(ctx context.Context, w io.Writer, from Lister) error {
	rooms, err := from.Rooms(ctx)
	t := table(w, "RECORD", "SAVED", "BYTES", "ROWS SINCE", "VERSIONS", "EXPIRES")
	for _, r := range rooms {
		size := "-"
		if r.Snapshot >= 0 {
			size = fmt.Sprint(r.Snapshot)
		}
		line(t, quoted(RecordOf(r.Key)), when(r.Saved), size,
			fmt.Sprint(r.Rows), fmt.Sprint(r.Versions), when(r.Expires))
	}
	_ = t.Flush()
	return err
}

// ListVersions writes a table of the versions that a store keeps of a record.
func ListVersions(ctx context.Context, w io.Writer, from Lister, record string) error {
	room, err := roomOf(record)
	if err != nil {
		return err
	}
	versions, err := from.Versions(ctx, room)
	if err != nil {
		return err
	}
	t := table(w, "VERSION", "TIME", "BYTES", "REASON")
	for _, v := range versions {
		line(t, fmt.Sprint(v.ID), when(v.Time), fmt.Sprint(v.Size), quoted(v.Why))
	}
	return t.Flush()
}
