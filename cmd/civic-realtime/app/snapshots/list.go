package snapshots

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// Lister lists what is stored.
type Lister interface {
	Rooms(context.Context) ([]persist.Room, error)
	Versions(ctx context.Context, room string) ([]persist.Version, error)
}

// ListRecords writes a table of the records of a store. Those that can be read are in it even if it
// returns an error.
func ListRecords(ctx context.Context, w io.Writer, from Lister) error {
	rooms, err := from.Rooms(ctx)
	t := table(w, "RECORD", "SAVED", "BYTES", "ROWS SINCE", "VERSIONS", "EXPIRES")
	for _, r := range rooms {
		size := "-"
		if r.Snapshot >= 0 {
			size = fmt.Sprint(r.Snapshot)
		}
		line(t, quoted(RecordOf(r.Key)), when(r.Saved), size, fmt.Sprint(r.Rows), fmt.Sprint(r.Versions), when(r.Expires))
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

func table(w io.Writer, heads ...string) *tabwriter.Writer {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line(t, heads...)
	return t
}

func line(t *tabwriter.Writer, cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) }

// quoted returns s in quotes if it would upset a terminal or the table, else s.
func quoted(s string) string {
	if q := fmt.Sprintf("%q", s); q != `"`+s+`"` || s == "" {
		return q
	}
	return s
}

// printable returns s with question marks in place of what would upset a terminal.
func printable(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = '?'
		}
	}
	return string(b)
}

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
