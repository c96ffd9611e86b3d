package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// restoreCommand gives a record the content of a version.
type restoreCommand struct {
	place
	Record  string `required:"" placeholder:"ID" help:"The record's id."`
	Version number `required:"" placeholder:"N" help:"The version whose text the record is to have."`
}

// Run implements kong's command.
func (f restoreCommand) Run() error {
	if f.Version == 0 {
		return usagef("--version: versions begin with 1")
	}
	return f.with(f.restore)
}

func (f restoreCommand) restore(st *bolt.Store, c app.Config) error {
	r := snapshots.Restoration{
		Record: f.Record, Version: uint64(f.Version), Algorithm: c.SnapshotCompression(),
	}
	kept, err := r.Apply(context.Background(), st)
	err = audited(c, "snapshot restore", audit.Line{
		Kind: audit.Restore, Room: roomOf(f.Record), Version: strconv.FormatUint(r.Version, 10),
	}, err)
	switch {
	case err != nil:
		return err
	case kept == 0:
		_, err = fmt.Printf("record %q says what version %d says already\n", f.Record, f.Version)
	default:
		_, err = fmt.Printf("record %q says what version %d says; what it said before is version %d\n", f.Record, f.Version, kept)
	}
	return err
}
