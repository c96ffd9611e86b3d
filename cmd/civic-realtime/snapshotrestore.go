package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// restoreCommand brings a record to the text of a version, by an edit: clients that
// still hold the text between would merge it in again after anything else.
type restoreCommand struct {
	place
	editor
	Record  string `required:"" placeholder:"ID" help:"The record's id."`
	Version number `required:"" placeholder:"N" help:"The version whose text the record is to have."`
	Partly  bool   `help:"Restore what can be restored where that is not all."`
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
	of := f.schema(c)
	version, err := state{f.Record, f.Version}.read(st)
	if err != nil {
		return err
	}
	now, err := state{Record: f.Record}.read(st)
	if err != nil {
		return err
	}
	tree, err := f.check(version, now, of)
	if err != nil {
		return err
	}
	edit, err := prose.Edit(now.update(), of, tree, unlimited)
	if err != nil {
		return err
	}
	if edit == nil {
		fmt.Fprintf(os.Stdout, "record %q says what version %d says already\n", f.Record, f.Version)
		return nil
	}
	return f.apply(st, c, now, codec.Trust(edit))
}

// check is the text to restore. Its error says, before anything is changed, what of the version
// would not come back, or that nothing can.
func (f restoreCommand) check(version, now stored, of markdown.Schema) (tree markdown.Node, err error) {
	then, err := version.holds(of)
	if err != nil {
		return tree, err
	}
	since, err := now.holds(of)
	if err != nil {
		return tree, err
	}
	if !then.edited || !since.edited {
		return tree, fmt.Errorf("only the text of an editor, in the fragment %q, can be restored, and the record has %s; "+
			"--fragment names another, and snapshot export --format yjs writes version %d to a file", of.Root(), list(append(then.others, since.others...)), f.Version)
	}
	var lacks []string
	if len(then.unknown) > 0 {
		lacks = append(lacks, fmt.Sprintf("Markdown has no form for %s, which version %d has", strings.Join(then.unknown, ", "), f.Version))
	}
	if others := append(then.others, since.others...); len(others) > 0 {
		lacks = append(lacks, list(others)+" would stay as it is now")
	}
	if len(lacks) > 0 && !f.Partly {
		return tree, fmt.Errorf("not all of version %d can be restored: %s; nothing is changed; --partly restores the rest", f.Version, strings.Join(lacks, "; "))
	}
	return then.tree, nil
}

// holding is what a state has, as far as restoring is concerned.
type holding struct {
	tree    markdown.Node
	edited  bool     // it has the editor's fragment, or nothing at all
	unknown []string // nodes and marks that Markdown has no form for
	others  []string // roots beside the fragment
}

func (s stored) holds(of markdown.Schema) (h holding, err error) {
	v, err := view.New(s.update(), unlimited)
	if err != nil {
		return h, err
	}
	all := roots(v, of)
	h.edited = len(all) == 0 || slices.ContainsFunc(all, editorsIn(of))
	for _, r := range all {
		if !editorsIn(of)(r) {
			h.others = append(h.others, r.called())
		}
	}
	h.tree = prose.Read(v, of)
	h.unknown = unknownIn(h.tree)
	return h, nil
}

// list names things, each once.
func list(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
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
	rows := []persist.Row{{Room: room, Data: engine.AppendRow(nil, now.Snapshot.Version+1, edit)}}
	if err := st.Append(ctx, rows); err != nil {
		return err
	}
	if rows[0].Err != nil {
		return rows[0].Err
	}
	kept, err := st.Versions(ctx, room)
	if err != nil || len(kept) == 0 {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "record %q says what version %d says; what it said before is version %d\n", f.Record, f.Version, kept[len(kept)-1].ID)
	return err
}
