package main

import (
	"context"
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/operate"
)

// showCommand prints a state: its text to stdout, and a description to stderr.
type showCommand struct {
	operate.Reach
	state
	editor
	JSON bool `name:"json" help:"Print all shared types as Yjs' toJSON says them."`
}

// Run implements kong's command.
func (f *showCommand) Run() error {
	format := snapshots.Markdown
	if f.JSON {
		format = snapshots.JSON
	}
	return f.state.in(&f.Reach, format, f.editor, func(b []byte) error {
		_, err := os.Stdout.Write(b)
		return err
	})
}

// exportCommand writes a state to a new file.
type exportCommand struct {
	operate.Reach
	state
	editor
	Format snapshots.Format `required:"" enum:"yjs,markdown,text,json,snapshot" placeholder:"yjs|markdown|text|json|snapshot" help:"yjs: one update (V1) with the whole document; markdown: what show prints; text: that without Markdown's syntax; json: what show --json prints; snapshot: as the server stores it."`
	Output string           `required:"" placeholder:"FILE" help:"The file, which must not exist yet."`
}

// Run implements kong's command.
func (f *exportCommand) Run() error {
	return f.state.in(&f.Reach, f.Format, f.editor, func(b []byte) error {
		return writeNew(f.Output, b)
	})
}

// in passes the state in a format to write, and says on stderr what it is and what of it has no
// place in the format.
func (f state) in(
	at *operate.Reach, format snapshots.Format, by editor, write func([]byte) error,
) error {
	key, err := f.key()
	if err != nil {
		return err
	}
	return inEither(at, func(ctx context.Context, from archive, c app.Config) error {
		s, err := snapshots.Read(ctx, from, key, uint64(f.Version))
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, s.Facts())
		b, remarks, err := s.As(format, by.schema(c), c.SnapshotCompression())
		printRemarks(remarks)
		if err != nil {
			return err
		}
		return write(b)
	})
}
