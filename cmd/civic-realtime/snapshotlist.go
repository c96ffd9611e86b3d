package main

import (
	"context"
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// listCommand lists the stored records, or the versions of one.
type listCommand struct {
	place
	Record string `placeholder:"ID" help:"The record whose versions are listed."`
}

// Run implements kong's command.
func (f listCommand) Run() error {
	return f.with(func(st *bolt.Store, _ app.Config) error {
		if f.Record != "" {
			return snapshots.ListVersions(context.Background(), os.Stdout, st, f.Record)
		}
		return snapshots.ListRecords(context.Background(), os.Stdout, st)
	})
}
