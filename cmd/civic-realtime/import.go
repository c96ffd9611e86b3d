package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/migrate"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/transport/docname"
)

// importCommand imports the documents of another server into the store of a stopped one.
type importCommand struct {
	place
	Path      string         `arg:"" placeholder:"PATH" help:"The store: the folder of YPERSISTENCE; the database of Hocuspocus' SQLite extension, or a folder with a file for each document; y-sweet's folder."`
	From      migrate.Server `enum:"auto,y-websocket,hocuspocus,y-sweet" default:"auto" placeholder:"auto|y-websocket|hocuspocus|y-sweet" help:"The server that has made the store (auto: as the files look)."`
	Rooms     []string       `sep:"none" placeholder:"NAME=ROOM" help:"Which room a document becomes, with one * on both sides, such as collab/*=record:*; may be repeated, the first rule that fits decides (for Hocuspocus hocuspocus.rooms of the configuration; else *=record:*)."`
	Merge     bool           `xor:"existing" help:"Where a room has other content: merge both, as Yjs does."`
	Overwrite bool           `xor:"existing" help:"Where a room has other content: keep that as a version, and replace it."`
	Skip      bool           `xor:"existing" help:"Where a room has other content: leave the document out, which is no error then."`
	Partly    bool           `help:"Also import documents that are damaged or not whole, with what can be read of them."`
	DryRun    bool           `help:"Read everything, and say what would be done; nothing is stored."`
	JSON      bool           `name:"json" help:"Print one JSON object."`
}

// Run implements kong's command.
func (f importCommand) Run() error {
	rules, err := f.rules()
	if err != nil {
		return err
	}
	c, err := f.load()
	if err != nil {
		return err
	}
	source, from, err := migrate.Open(f.From, f.Path)
	if err != nil {
		return err
	}
	st, err := f.open(&c)
	if err != nil {
		return errors.Join(err, source.Close())
	}
	if from == migrate.Hocuspocus && len(rules) == 0 {
		rules = c.HocuspocusRooms()
	}
	o := migrate.Options{
		Rooms:    migrate.Rooms{From: from, Rules: rules},
		Existing: f.existing(), Partly: f.Partly, DryRun: f.DryRun,
		Algorithm: c.SnapshotCompression(), DocumentBytes: c.LargestDocument(),
	}
	if !f.JSON {
		o.Each = func(p migrate.Problem) { fmt.Println(p) }
	}
	return f.run(&c, &o, source, st)
}

// rules returns the rules of --rooms.
func (f importCommand) rules() (rules docname.Rules, err error) {
	for _, text := range f.Rooms {
		r, err := docname.ParseRule(text)
		if err != nil {
			return nil, usagef("--rooms: %q is %w", text, err)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// open opens the store, and makes it if there is none; a trial makes none, and st is nil then.
func (f importCommand) open(c *app.Config) (st *bolt.Store, err error) {
	if f.DryRun {
		st, err = c.OpenStore()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	} else {
		st, err = c.MakeStore()
	}
	switch {
	case errors.Is(err, app.ErrSeveralNodes):
		return nil, fmt.Errorf("%w; import into a new data directory without redis.enabled, and start a node there: "+
			"it puts what it has into Redis", err)
	case errors.Is(err, persist.ErrInUse):
		return nil, fmt.Errorf("%w; stop the server first", err)
	}
	return st, err
}

// run imports, closes the source and the store, and prints what was done. A signal ends it.
func (f importCommand) run(
	c *app.Config, o *migrate.Options, source migrate.Source, st *bolt.Store,
) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var in migrate.Store
	if st != nil {
		in = st
	}
	report, err := o.Run(ctx, source, in)
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted; the same command imports the rest")
	}
	err = errors.Join(err, source.Close())
	if st != nil {
		err = errors.Join(err, st.Close())
	}
	if err == nil && report.Failed > 0 {
		err = fmt.Errorf("%d documents are not imported", report.Failed)
	}
	if report.Path = f.Path; !f.DryRun {
		err = audited(*c, "import", audit.Line{Kind: audit.Import, File: f.Path}, err)
	}
	return errors.Join(f.describe(c, report), err)
}

// existing returns what is done where a room has other content.
func (f importCommand) existing() migrate.Existing {
	switch {
	case f.Merge:
		return migrate.Merge
	case f.Overwrite:
		return migrate.Replace
	case f.Skip:
		return migrate.Skip
	}
	return migrate.Refuse
}

// describe prints what was done.
func (f importCommand) describe(c *app.Config, r *migrate.Report) error {
	if f.JSON {
		return printJSON(r)
	}
	dir, err := c.Directory()
	if err == nil {
		_, err = fmt.Println(r.Summary(dir))
	}
	return err
}
