package main

import (
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// showCommand prints a state: its text to stdout, and a description to stderr.
type showCommand struct {
	place
	state
	editor
	JSON bool `name:"json" help:"Print all shared types as Yjs' toJSON says them."`
}

// Run implements kong's command.
func (f showCommand) Run() error {
	return f.with(func(st *bolt.Store, c app.Config) error {
		s, err := f.read(st)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, s.Facts())
		format := snapshots.Markdown
		if f.JSON {
			format = snapshots.JSON
		}
		text, remarks, err := s.As(format, f.schema(c), c.SnapshotCompression())
		printRemarks(remarks)
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(text)
		return err
	})
}

// exportCommand writes a state to a new file.
type exportCommand struct {
	place
	state
	editor
	Format snapshots.Format `required:"" enum:"yjs,markdown,json,snapshot" placeholder:"yjs|markdown|json|snapshot" help:"yjs: one update (V1) with the whole document; markdown: what show prints; json: what show --json prints; snapshot: as the server stores it."`
	Output string           `required:"" placeholder:"FILE" help:"The file, which must not exist yet."`
}

// Run implements kong's command.
func (f exportCommand) Run() error {
	return f.with(func(st *bolt.Store, c app.Config) error {
		s, err := f.read(st)
		if err != nil {
			return err
		}
		b, remarks, err := s.As(f.Format, f.schema(c), c.SnapshotCompression())
		printRemarks(remarks)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, s.Facts())
		return writeNew(f.Output, b)
	})
}
