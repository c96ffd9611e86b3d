package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/operate"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// restoreCommand gives a record the content of a version.
type restoreCommand struct {
	operate.Server
	subject
	Version number `required:"" placeholder:"N" help:"The version whose content the record is to have."`

	// Flags of earlier releases. They have no effect.
	Partly   bool   `hidden:"" help:"No effect any more: the whole document is restored."`
	Fragment string `hidden:"" help:"No effect any more: the whole document is restored."`
}

// Run implements kong's command.
func (f *restoreCommand) Run() error {
	key, err := f.key()
	switch {
	case err != nil:
		return err
	case f.Version == 0:
		return usagef("--version: versions begin with 1")
	case f.Partly || f.Fragment != "":
		fmt.Fprintln(os.Stderr, "civic-realtime: --partly and --fragment are deprecated, and have no effect: the whole document is restored")
	}
	var kept uint64
	err = either(&f.Reach, func(ctx context.Context, in operate.Stored) (err error) {
		kept, err = in.Restore(ctx, key.String(), uint64(f.Version))
		return err
	}, func(st *bolt.Store, c app.Config) (err error) {
		kept, err = f.restore(st, c, key)
		return err
	})
	switch {
	case errors.Is(err, persist.ErrVersion):
		return fmt.Errorf("%s has no version %d", snapshots.Label(key), f.Version)
	case err != nil:
		return err
	case f.JSON:
		return printJSON(api.Restored{Room: key.String(), Version: uint64(f.Version), Kept: kept})
	}
	return f.describe(key, kept)
}

// restore restores in the store of a stopped server.
func (f *restoreCommand) restore(
	st *bolt.Store, c app.Config, key roomkey.Key,
) (kept uint64, err error) {
	r := snapshots.Restoration{
		Room: key, Version: uint64(f.Version), Algorithm: c.SnapshotCompression(),
	}
	kept, err = r.Apply(context.Background(), st)
	return kept, audited(c, "snapshot restore", audit.Line{
		Kind: audit.Restore, Room: key.String(), Version: strconv.FormatUint(r.Version, 10),
	}, err)
}

// describe prints what was done.
func (f *restoreCommand) describe(key roomkey.Key, kept uint64) (err error) {
	name := snapshots.Label(key)
	if kept == 0 {
		_, err = fmt.Printf("%s says what version %d says already\n", name, f.Version)
	} else {
		_, err = fmt.Printf("%s says what version %d says; what it said before is version %d\n", name, f.Version, kept)
	}
	return err
}
