package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// repairCommand lists the damage in the store of a stopped server, and recovers the readable parts.
// It deletes nothing: data that it replaces is kept under another name, or quarantined in the
// store.
type repairCommand struct {
	place
	Record  string           `placeholder:"ID" help:"The record to repair, or to write to a file (all are shown)."`
	Version number           `placeholder:"N" help:"A version that is kept of the record, instead of its snapshot and journal."`
	Aside   number           `placeholder:"N" help:"What was quarantined under this number, instead of a record."`
	Forget  bool             `help:"With --aside: delete it."`
	Accept  bool             `help:"With --record: what can be had is the record's stored text from now on. Without: have a store that does not open make do with what there is."`
	Output  string           `placeholder:"FILE" help:"With --record: write what can be had to this file, which must not exist yet."`
	Format  snapshots.Format `enum:"yjs,markdown,json,snapshot" default:"yjs" placeholder:"yjs|markdown|json|snapshot" help:"Of the file: one update (V1), the text, all shared types, or as the server stores it (yjs)."`
}

// Run implements kong's command.
func (f repairCommand) Run() error {
	switch {
	case f.Aside != 0 && f.Record == "" && !f.Accept && f.Version == 0 && f.Forget != (f.Output != ""):
		return f.with(f.aside)
	case f.Aside != 0 || f.Forget:
		return usagef("--aside needs --output or --forget, and nothing else")
	case f.Record == "" && (f.Output != "" || f.Version != 0):
		return usagef("--output and --version need --record")
	case f.Record != "":
		return f.with(f.repair)
	}
	c, err := f.load()
	if err != nil {
		return err
	}
	if f.Accept {
		err = acceptStore(c)
	} else {
		err = inspect(c)
	}
	return missing(c, err)
}

// inspect prints all damage, and fails if there is any.
func inspect(c app.Config) error {
	dir, err := c.Directory()
	if err != nil {
		return err
	}
	err = snapshots.Inspect(os.Stdout, dir)
	switch {
	case errors.Is(err, snapshots.ErrStoreDamaged):
		return fmt.Errorf("%w; civic-realtime repair --accept makes do with what is listed here, and keeps the rest under other names", err)
	case errors.Is(err, snapshots.ErrRecordsDamaged):
		return fmt.Errorf("%w: with --record ID, --output FILE writes what can be had of one, and --accept makes it the record's stored text; "+
			"where CivicPress has the record, opening it is enough", err)
	}
	return err
}

// acceptStore repairs a store that does not open otherwise.
func acceptStore(c app.Config) error {
	st, err := c.AcceptStore()
	if err = audited(c, "repair", audit.Line{Kind: audit.Repair}, err); err != nil {
		return err
	}
	snapshots.PrintDamage(os.Stdout, st.Damage())
	fmt.Println("the store opens")
	return st.Close()
}

// repair writes the recoverable state of one record to the file, or makes it the stored state.
func (f repairCommand) repair(st *bolt.Store, c app.Config) error {
	key, err := subject{Record: f.Record}.key()
	if err != nil {
		return err
	}
	s, err := f.salvage(st, key)
	if err != nil {
		return err
	}
	if err := f.write(s, c); err != nil || !f.Accept {
		return err
	}
	err = snapshots.Replace(context.Background(), st, key, s, c.SnapshotCompression())
	err = audited(c, "repair", audit.Line{Kind: audit.Repair, Room: key.String()}, err)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("record %q is what could be had; what was stored of it is quarantined\n", f.Record)
	return err
}

// salvage returns the recoverable state of the record.
func (f repairCommand) salvage(st *bolt.Store, key roomkey.Key) (s snapshots.State, err error) {
	if f.Version != 0 {
		return snapshots.Read(context.Background(), st, key, uint64(f.Version))
	}
	r, err := snapshots.Salvage(context.Background(), st, key)
	switch {
	case errors.Is(err, snapshots.ErrNothingRecoverable):
		return s, fmt.Errorf("%w: --version N takes one", err)
	case err != nil:
		return s, err
	}
	snapshots.PrintRecoverable(os.Stdout, []bolt.Recoverable{r})
	return snapshots.Rebuild(os.Stderr, r)
}

// aside writes quarantined data to the file, or deletes it.
func (f repairCommand) aside(st *bolt.Store, c app.Config) error {
	r, err := snapshots.Quarantined(context.Background(), st, uint64(f.Aside))
	if err != nil {
		return err
	}
	if f.Forget {
		err = st.DeleteQuarantined(context.Background(), uint64(f.Aside))
		return audited(c, "repair", audit.Line{Kind: audit.Repair, Room: r.Room}, err)
	}
	s, err := snapshots.Rebuild(os.Stderr, r)
	if err != nil {
		return err
	}
	return f.write(s, c)
}

// write writes a state to the file, if one is named.
func (f repairCommand) write(s snapshots.State, c app.Config) error {
	if f.Output == "" {
		return nil
	}
	b, remarks, err := s.As(f.Format, c.Schema(), c.SnapshotCompression())
	printRemarks(remarks)
	if err != nil {
		return err
	}
	return writeNew(f.Output, b)
}
