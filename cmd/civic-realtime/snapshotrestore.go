package main

import (
	"context"
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// restoreCommand brings a record to the text of a version, by an edit: clients that
// still hold the text between would merge it in again after anything else.
type restoreCommand struct {
	place
	Record  string `required:"" placeholder:"ID" help:"The record's id."`
	Version uint64 `required:"" placeholder:"N" help:"The version whose text the record is to have."`
}

// beforeRestore is why the state is kept that a restore changes.
const beforeRestore = "before restore"

// Run implements kong's command.
func (f restoreCommand) Run() error {
	if f.Version == 0 {
		return usagef("--version: versions begin with 1")
	}
	return f.with(f.restore)
}

func (f restoreCommand) restore(st *bolt.Store, c config) error {
	version, err := state{f.Record, f.Version}.read(st)
	if err != nil {
		return err
	}
	tree, err := version.tree(c.Documents.schema)
	if err != nil {
		return err
	}
	now, err := state{Record: f.Record}.read(st)
	if err != nil {
		return err
	}
	if _, err := now.tree(c.Documents.schema); err != nil {
		return err
	}
	edit, err := prose.Edit(now.update(), c.Documents.schema, tree, unlimited)
	if err != nil {
		return err
	}
	if edit == nil {
		fmt.Fprintf(os.Stdout, "record %q says what version %d says already\n", f.Record, f.Version)
		return nil
	}
	return f.apply(st, c, now, codec.Trust(edit))
}

// apply keeps what there is, and appends the edit.
func (f restoreCommand) apply(st *bolt.Store, c config, now stored, edit codec.CheckedUpdate) error {
	ctx := context.Background()
	room, err := recordRoom(f.Record)
	if err != nil {
		return err
	}
	blob, err := now.encode(c.Snapshot.algorithm)
	if err != nil {
		return err
	}
	if err := st.KeepVersion(ctx, room, beforeRestore, blob); err != nil {
		return err
	}
	row := engine.AppendRow(nil, now.Snapshot.Version+1, edit)
	if _, err := st.Append(ctx, []string{room}, [][]byte{row}); err != nil {
		return err
	}
	kept, err := st.Versions(ctx, room)
	if err != nil || len(kept) == 0 {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "record %q says what version %d says; what it said before is version %d\n", f.Record, f.Version, kept[len(kept)-1].ID)
	return err
}
