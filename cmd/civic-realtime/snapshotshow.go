package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// showCommand prints a state: its text to stdout, what it is to stderr.
type showCommand struct {
	place
	state
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
		text, err := s.markdown(c.Documents.schema)
		if f.JSON {
			text, err = s.json(c.Documents.schema)
		}
		if err != nil {
			return err
		}
		_, err = os.Stdout.WriteString(text)
		return err
	})
}

var errNoFragment = errors.New("the document holds no text of CivicPress' editor; show --json and export --format yjs take any")

// unlimited is for a process of its own, which delays nobody but who started it.
var unlimited = view.MaxSteps(math.MaxUint64)

// tree reads the state as the editor's document.
func (s stored) tree(of markdown.Schema) (markdown.Node, error) {
	v, err := view.New(s.update(), unlimited)
	if err != nil {
		return markdown.Node{}, err
	}
	if roots := v.Roots(); len(roots) > 0 && !slices.Contains(roots, of.Root()) {
		return markdown.Node{}, errNoFragment
	}
	return prose.Read(v, of), nil
}

// markdown ends with a line feed, as files do, unless there is nothing.
func (s stored) markdown(of markdown.Schema) (string, error) {
	tree, err := s.tree(of)
	if err != nil {
		return "", err
	}
	text := markdown.Format(tree)
	if text != "" {
		text += "\n"
	}
	return text, nil
}

// json is what doc.toJSON() says when every root has been asked for with its kind,
// which no update tells: it is guessed by what is in it.
func (s stored) json(of markdown.Schema) (string, error) {
	v, err := view.New(s.update(), unlimited)
	if err != nil {
		return "", err
	}
	roots := map[string]any{}
	for _, name := range v.Roots() {
		root := v.Root(name)
		roots[name] = root.JSON(kindOf(root, name == of.Root()))
	}
	b, err := json.MarshalIndent(roots, "", "  ")
	return string(b) + "\n", err
}

func kindOf(root view.Type, fragment bool) byte {
	values := root.Values()
	switch {
	case fragment:
		return codec.TypeXMLFragment
	case len(root.Entries()) > 0:
		return codec.TypeMap
	case root.String() != "":
		return codec.TypeText
	case slices.ContainsFunc(values, isXML):
		return codec.TypeXMLFragment
	}
	return codec.TypeArray
}

func isXML(value any) bool {
	t, ok := value.(view.Type)
	return ok && (t.Kind() == codec.TypeXMLElement || t.Kind() == codec.TypeXMLText)
}

// exportCommand writes a state to a new file.
type exportCommand struct {
	place
	state
	Format string `required:"" enum:"yjs,markdown,snapshot" placeholder:"yjs|markdown|snapshot" help:"yjs: one update (V1) with the whole document; markdown: its text; snapshot: as the server stores it."`
	Output string `required:"" placeholder:"FILE" help:"The file, which must not exist yet."`
}

// Run implements kong's command.
func (f exportCommand) Run() error {
	return f.with(func(st *bolt.Store, c config) error {
		s, err := f.read(st)
		if err != nil {
			return err
		}
		b, err := s.as(f.Format, c.Documents.schema, c.Snapshot.algorithm)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, s.facts())
		return writeNew(f.Output, b)
	})
}

func (s stored) as(format string, of markdown.Schema, a snapshot.Algorithm) ([]byte, error) {
	switch format {
	case "markdown":
		text, err := s.markdown(of)
		return []byte(text), err
	case "snapshot":
		return s.encode(a)
	}
	return s.State, nil
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
