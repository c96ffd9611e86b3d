package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/transport"
)

// listCommand lists what is stored.
type listCommand struct {
	place
	Record string `placeholder:"ID" help:"The record whose versions are listed."`
}

// recordRoom is the key of a record's room.
func recordRoom(id string) (string, error) {
	room, err := transport.RecordRoom(id)
	if err != nil {
		return "", usagef("--record: %q is not a record's id", id)
	}
	return room, nil
}

// recordOf is the id of the record that a room is of. Rooms of anything else keep their keys.
func recordOf(room string) string {
	id, _ := transport.RecordID(room)
	return id
}

// Run implements kong's command.
func (f listCommand) Run() error {
	return f.with(func(st *bolt.Store, _ config) error {
		if f.Record != "" {
			return listVersions(os.Stdout, st, f.Record)
		}
		return listRooms(os.Stdout, st)
	})
}

// listRooms lists those that can be read when others cannot.
func listRooms(w io.Writer, st *bolt.Store) error {
	rooms, err := st.Rooms(context.Background())
	t := table(w, "RECORD", "SAVED", "BYTES", "ROWS SINCE", "VERSIONS", "EXPIRES")
	for _, r := range rooms {
		size := "-"
		if r.Snapshot >= 0 {
			size = fmt.Sprint(r.Snapshot)
		}
		line(t, quoted(recordOf(r.Key)), when(r.Saved), size, fmt.Sprint(r.Rows), fmt.Sprint(r.Versions), when(r.Expires))
	}
	_ = t.Flush()
	return err
}

func listVersions(w io.Writer, st *bolt.Store, record string) error {
	room, err := recordRoom(record)
	if err != nil {
		return err
	}
	versions, err := st.Versions(context.Background(), room)
	if err != nil {
		return err
	}
	t := table(w, "VERSION", "TIME", "BYTES", "REASON")
	for _, v := range versions {
		line(t, fmt.Sprint(v.ID), when(v.Time), fmt.Sprint(v.Size), reason(v))
	}
	return t.Flush()
}

func reason(v persist.Version) string { return quoted(v.Why) }

func table(w io.Writer, heads ...string) *tabwriter.Writer {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line(t, heads...)
	return t
}

func line(t *tabwriter.Writer, cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) }

// quoted is s as it is, unless that would upset a terminal or the table.
func quoted(s string) string {
	if q := fmt.Sprintf("%q", s); q != `"`+s+`"` || s == "" {
		return q
	}
	return s
}

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
