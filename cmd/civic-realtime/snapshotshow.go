package main

import (
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// showCommand prints a state: its text to stdout, what it is to stderr.
type showCommand struct {
	place
	state
	editor
	JSON bool `name:"json" help:"Print all shared types as Yjs' toJSON says them."`
}

// Run implements kong's command.
func (f showCommand) Run() error {
	return f.with(func(st *bolt.Store, c config) error {
		s, err := f.read(st)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, s.facts())
		format := "markdown"
		if f.JSON {
			format = "json"
		}
		text, err := s.as(format, f.schema(c), c.Snapshot.algorithm)
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(text)
		return err
	})
}

// unlimited is for a process of its own, which delays nobody but who started it.
var unlimited = view.MaxSteps(math.MaxUint64)

// exportCommand writes a state to a new file.
type exportCommand struct {
	place
	state
	editor
	Format string `required:"" enum:"yjs,markdown,json,snapshot" placeholder:"yjs|markdown|json|snapshot" help:"yjs: one update (V1) with the whole document; markdown: what show prints; json: what show --json prints; snapshot: as the server stores it."`
	Output string `required:"" placeholder:"FILE" help:"The file, which must not exist yet."`
}

// Run implements kong's command.
func (f exportCommand) Run() error {
	return f.with(func(st *bolt.Store, c config) error {
		s, err := f.read(st)
		if err != nil {
			return err
		}
		b, err := s.as(f.Format, f.schema(c), c.Snapshot.algorithm)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, s.facts())
		return writeNew(f.Output, b)
	})
}

// as is the state in a format. What that has no place for is said on stderr.
func (s stored) as(format string, of markdown.Schema, a snapshot.Algorithm) ([]byte, error) {
	text, remarks, err := "", []string(nil), error(nil)
	switch format {
	case "yjs":
		return s.State, nil
	case "snapshot":
		return s.encode(a)
	case "json":
		text, remarks, err = s.json(of)
	default:
		text, remarks, err = s.text(of)
	}
	for _, r := range remarks {
		fmt.Fprintln(os.Stderr, r)
	}
	return []byte(text), err
}

// writeNew writes a file that only its owner may read, and leaves none behind that is
// not whole.
func writeNew(name string, b []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
