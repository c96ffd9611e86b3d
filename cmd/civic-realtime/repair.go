package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// repairCommand shows what is damaged in the store of a server that does not run, and
// what can be had of it. It throws nothing away: what it replaces stays under another
// name, or set aside in the store.
type repairCommand struct {
	place
	Record  string `placeholder:"ID" help:"The record to repair, or to write to a file (all are shown)."`
	Version number `placeholder:"N" help:"A version that is kept of the record, instead of its snapshot and journal."`
	Aside   number `placeholder:"N" help:"What was set aside under this number, instead of a record."`
	Forget  bool   `help:"With --aside: delete it."`
	Accept  bool   `help:"With --record: what can be had is the record's stored text from now on. Without: have a store that does not open make do with what there is."`
	Output  string `placeholder:"FILE" help:"With --record: write what can be had to this file, which must not exist yet."`
	Format  string `enum:"yjs,markdown,json,snapshot" default:"yjs" placeholder:"yjs|markdown|json|snapshot" help:"Of the file: one update (V1), the text, all shared types, or as the server stores it (yjs)."`
}

// Run implements kong's command.
func (f repairCommand) Run() error {
	c, err := serveCommand{Config: f.Config, DataDir: f.DataDir}.config()
	if err != nil {
		return usageError{err}
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return err
	}
	switch {
	case f.Aside != 0 && f.Record == "" && !f.Accept && f.Version == 0 && f.Forget != (f.Output != ""):
		return f.with(f.aside)
	case f.Aside != 0 || f.Forget:
		return usagef("--aside needs --output or --forget, and nothing else")
	case f.Record == "" && (f.Output != "" || f.Version != 0):
		return usagef("--output and --version need --record")
	case f.Record != "":
		return f.with(f.repair)
	case f.Accept:
		return acceptStore(os.Stdout, c, dir)
	}
	return inspect(os.Stdout, dir)
}

// inspect prints what there is, and fails if something is damaged.
func inspect(w io.Writer, dir string) error {
	in, err := bolt.Inspect(dir)
	if err != nil {
		return missing(dir, err)
	}
	for _, d := range in.Damage {
		fmt.Fprintln(w, quotedLine(d.String()))
	}
	bad := printRemains(w, in.Rooms)
	for _, a := range in.Aside {
		fmt.Fprintf(w, "set aside as %d, %s: record %s: %s\n", a.ID, when(a.Time), quoted(recordOf(a.Room)), quotedLine(a.Reason))
	}
	fmt.Fprintf(w, "%d records, %d of them damaged\n", len(in.Rooms), bad)
	switch {
	case !in.Opens:
		return errors.New("the store does not open; civic-realtime repair --accept makes do with what is listed here, and keeps the rest under other names")
	case bad > 0:
		return errors.New("records are damaged: with --record ID, --output FILE writes what can be had of one, and --accept makes it the record's stored text; " +
			"where CivicPress has the record, opening it is enough")
	}
	return nil
}

// printRemains prints the rooms of which something is damaged.
func printRemains(w io.Writer, rooms []bolt.Remains) (bad int) {
	t := table(w, "RECORD", "SNAPSHOT", "ROWS", "DAMAGED ROWS", "VERSIONS", "DAMAGED VERSIONS", "REASON")
	for _, r := range rooms {
		if r.Reason == "" && r.LostRows == 0 && r.LostVersions == 0 {
			continue
		}
		bad++
		snapshot := "none"
		switch {
		case r.Lost:
			snapshot = "damaged"
		case r.Size > 0:
			snapshot = fmt.Sprint(r.Size, " bytes")
		}
		line(t, quoted(recordOf(r.Room)), snapshot, fmt.Sprint(r.Count), fmt.Sprint(r.LostRows),
			fmt.Sprint(len(r.Versions)), fmt.Sprint(r.LostVersions), quotedLine(r.Reason))
	}
	if bad > 0 {
		_ = t.Flush()
	}
	return bad
}

// acceptStore opens a store that does not open otherwise.
func acceptStore(w io.Writer, c config, dir string) error {
	cfg := boltConfig(c)
	cfg.Async, cfg.Accept = false, true
	if _, err := bolt.Inspect(dir); err != nil {
		return missing(dir, err)
	}
	st, err := bolt.Open(dir, cfg)
	if err != nil {
		return err
	}
	for _, d := range st.Damage() {
		fmt.Fprintln(w, quotedLine(d.String()))
	}
	fmt.Fprintln(w, "the store opens")
	return st.Close()
}

func missing(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("nothing is stored in %s; --data-dir or --config says where", dir)
	}
	return err
}

// repair deals with one record.
func (f repairCommand) repair(st *bolt.Store, c config) error {
	room, err := recordRoom(f.Record)
	if err != nil {
		return err
	}
	got, err := f.salvage(st, room)
	if err != nil {
		return err
	}
	if err := f.write(got, c); err != nil || !f.Accept {
		return err
	}
	blob, err := got.encode(c.Snapshot.algorithm)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := st.SetAside(ctx, room); err != nil {
		return err
	}
	if err := st.SaveSnapshot(ctx, room, blob, 0); err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "record %q is what could be had; what was stored of it is set aside\n", f.Record)
	return err
}

// write writes a state to the file, if one is named.
func (f repairCommand) write(s stored, c config) error {
	if f.Output == "" {
		return nil
	}
	b, err := s.as(f.Format, c.Documents.schema, c.Snapshot.algorithm)
	if err != nil {
		return err
	}
	return writeNew(f.Output, b)
}

// aside writes what was set aside to the file, or deletes it.
func (f repairCommand) aside(st *bolt.Store, c config) error {
	ctx := context.Background()
	r, err := st.AsideRemains(ctx, uint64(f.Aside))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("nothing is set aside as %d", f.Aside)
	}
	if err != nil {
		return err
	}
	if f.Forget {
		return st.Forget(ctx, uint64(f.Aside))
	}
	got, err := document(r)
	if err != nil {
		return err
	}
	return f.write(got, c)
}

// salvage is what can be had of the record.
func (f repairCommand) salvage(st *bolt.Store, room string) (got stored, err error) {
	if f.Version != 0 {
		return state{Record: f.Record, Version: f.Version}.read(st)
	}
	r, err := st.Remains(context.Background(), room)
	if err != nil {
		return got, err
	}
	if r.Snapshot == nil && len(r.Rows) == 0 {
		return got, fmt.Errorf("nothing can be had of record %q but %d versions: --version N takes one", f.Record, len(r.Versions))
	}
	printRemains(os.Stdout, []bolt.Remains{r})
	return document(r)
}

// document makes one of what can be had, which is printed in numbers.
func document(r bolt.Remains) (got stored, err error) {
	s, useless, err := engine.Salvage(r.Snapshot, r.Rows, maxState)
	if err != nil {
		return got, err
	}
	fmt.Fprintf(os.Stderr, "%d bytes of snapshot and %d rows, %d of no use, give a document of %d bytes, version %d\n",
		len(r.Snapshot), len(r.Rows), useless, len(s.State), s.Version)
	return stored{blob: r.Snapshot, rows: max(1, len(r.Rows)), Snapshot: s}, nil
}

// quotedLine is s without what would upset a terminal.
func quotedLine(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = '?'
		}
	}
	return string(b)
}
