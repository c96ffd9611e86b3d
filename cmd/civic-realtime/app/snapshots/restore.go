package snapshots

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/persist"
)

// Store is a store in which records are restored.
type Store interface {
	Source
	Versions(ctx context.Context, room string) ([]persist.Version, error)
	KeepVersion(ctx context.Context, room, why string, snapshot []byte) error
	Append(ctx context.Context, rows []persist.Row) error
}

// Restoration brings a record to the text of a version by an edit. If its state were replaced,
// clients that still hold the later text would merge that in again.
type Restoration struct {
	Record    string
	Version   uint64
	Schema    markdown.Schema    // of the editors whose text is restored
	Algorithm snapshot.Algorithm // compresses the version that keeps the present state
	Partly    bool               // the text is restored even if other parts cannot be
}

// Errors of a restoration that has changed nothing.
var (
	ErrNoText  = errors.New("only the text of an editor can be restored")
	ErrPartial = errors.New("not all can be restored")
)

// BeforeRestore is the reason of the version that keeps the state before a restoration.
const BeforeRestore = "before restore"

// Edit returns the update that restores the version in a document, nil if the document has the
// version's text already. A running server applies it to the record's room, whose document is now.
func (r Restoration) Edit(version, now State) (edit []byte, err error) {
	tree, err := r.check(version, now)
	if err != nil {
		return nil, err
	}
	return prose.Edit(now.update(), r.Schema, tree, unlimited)
}

// Apply restores in the store of a stopped server. It returns the id of the version that keeps the
// state before, 0 if the record has the version's text already.
func (r Restoration) Apply(ctx context.Context, st Store) (kept uint64, err error) {
	version, err := Read(ctx, st, r.Record, r.Version)
	if err != nil {
		return 0, err
	}
	now, err := Read(ctx, st, r.Record, 0)
	if err != nil {
		return 0, err
	}
	edit, err := r.Edit(version, now)
	if err != nil || edit == nil {
		return 0, err
	}
	return r.append(ctx, st, now, yjs.Trust(edit))
}

// check returns the text to restore. Its error, before anything is changed, names the parts of the
// version that cannot be restored.
func (r Restoration) check(version, now State) (tree markdown.Node, err error) {
	then, err := version.contents(r.Schema)
	if err != nil {
		return tree, err
	}
	since, err := now.contents(r.Schema)
	if err != nil {
		return tree, err
	}
	others := list(append(then.others, since.others...))
	if !then.edited || !since.edited {
		return tree, fmt.Errorf("%w, from the fragment %q, and the record has %s", ErrNoText, r.Schema.Root(), others)
	}
	var lacks []string
	if len(then.unknown) > 0 {
		lacks = append(lacks, fmt.Sprintf("Markdown has no form for %s, which version %d has", strings.Join(then.unknown, ", "), r.Version))
	}
	if others != "" {
		lacks = append(lacks, others+" would stay as it is now")
	}
	if len(lacks) > 0 && !r.Partly {
		return tree, fmt.Errorf("%w of version %d: %s; nothing is changed", ErrPartial, r.Version, strings.Join(lacks, "; "))
	}
	return then.tree, nil
}

// contents are the parts of a state that matter for a restoration.
type contents struct {
	tree    markdown.Node
	edited  bool     // it has the editor's fragment, or nothing at all
	unknown []string // nodes and marks that Markdown has no form for
	others  []string // roots beside the fragment
}

func (s State) contents(of markdown.Schema) (c contents, err error) {
	v, err := view.New(s.update(), unlimited)
	if err != nil {
		return c, err
	}
	all := roots(v, of)
	c.edited = len(all) == 0 || slices.ContainsFunc(all, editorsIn(of))
	for _, r := range all {
		if !editorsIn(of)(r) {
			c.others = append(c.others, r.label())
		}
	}
	c.tree = prose.Read(v, of)
	c.unknown = unknownIn(c.tree)
	return c, nil
}

// list joins names, each once, for a message.
func list(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// append stores the present state as a version, and appends the edit.
func (r Restoration) append(
	ctx context.Context, st Store, now State, edit yjs.CheckedUpdate,
) (kept uint64, err error) {
	room, err := roomOf(r.Record)
	if err != nil {
		return 0, err
	}
	blob, err := now.Encode(r.Algorithm)
	if err != nil {
		return 0, err
	}
	if err := st.KeepVersion(ctx, room, BeforeRestore, blob); err != nil {
		return 0, err
	}
	rows := []persist.Row{{Room: room, Data: stored.AppendRow(nil, now.Snapshot.Version+1, edit)}}
	if err := st.Append(ctx, rows); err != nil {
		return 0, err
	}
	if rows[0].Err != nil {
		return 0, rows[0].Err
	}
	versions, err := st.Versions(ctx, room)
	if err != nil || len(versions) == 0 {
		return 0, err
	}
	return versions[len(versions)-1].ID, nil
}
