package recordsync

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// ErrMarkdown means that a document could not be turned into Markdown, or Markdown into a document.
// Peers can edit the document meanwhile.
var ErrMarkdown = errors.New("document and Markdown do not go together")

// IsOwnRoot reports whether a root of documents is the server's, and no part of their content.
func IsOwnRoot(root string) bool { return root == markdown.ProvenanceRoot }

// render returns d's document as Markdown, or its fingerprint if the Records hold updates.
func (r *Record) render(d *docState) (text string, err error) {
	err = r.convert(func() error {
		if err := d.decompress(r.s.cfg().MaxDocument); err != nil {
			return err
		}
		if r.s.updates {
			text, err = fingerprintOf(d.state)
			return err
		}
		if d.costly {
			return view.ErrBudget
		}
		kept := r.s.renderings.take(r.room.Key().String())
		if text, d.direct, err = r.s.render(yjs.Trust(d.state), &kept); err == nil {
			d.more = prose.HasContentBeyondMarkdown(kept.view, r.s.cfg().Schema)
		}
		if !d.wasCompressed && err == nil {
			r.keepRendering(kept)
		}
		r.noteBudget(d, err)
		return err
	})
	return text, err
}

// keepRendering keeps a rendering for the next draft, unless the room was closed or compressed
// meanwhile, as its next draft is not soon then.
func (r *Record) keepRendering(kept rendering) {
	r.s.renderings.put(r.room.Key().String(), kept, time.Now())
	if !r.room.TryLock() {
		return
	}
	defer r.unlock()
	if r.room.Compressed() || r.room.Closed() {
		r.DropRendering()
	}
}

// render returns a document as Markdown, and whether it is one that prose.HasDirectText. It reuses
// the blocks of kept that have not changed, and updates kept.
func (s *Syncer) render(state yjs.CheckedUpdate, kept *rendering) (
	text string, direct bool, err error,
) {
	defer view.Recover(&err)
	v, err := view.New(state, view.Reuse(kept.view), s.maxSteps())
	if err != nil {
		return "", false, err
	}
	text, direct = kept.blocks.Markdown(v, s.cfg().Schema)
	kept.view = v
	return text, direct, nil
}

func (s *Syncer) maxSteps() view.Option { return view.MaxSteps(s.cfg().MaxSteps) }

// parse parses a record's Markdown, and also returns it in the form that a document would be
// rendered to: with direct set a document that prose.HasDirectText, else any other.
func (r *Record) parse(text string, direct bool) (tree markdown.Node, normal string, err error) {
	storable := prose.Storable
	if direct {
		storable = prose.StorableDirect
	}
	err = r.convert(func() error {
		tree, err = markdown.Parse(text)
		if err == nil {
			normal = markdown.Format(storable(tree))
		}
		return err
	})
	return tree, normal, err
}

// edit returns the update that changes the document of d to tree; it is empty if there is nothing
// to change. d must have been rendered before.
func (r *Record) edit(d *docState, tree markdown.Node) (u yjs.CheckedUpdate, err error) {
	err = r.convert(func() error {
		update, err := prose.Edit(yjs.Trust(d.state), r.s.cfg().Schema, tree, r.s.maxSteps())
		if err != nil || update == nil {
			return err
		}
		u, err = yjs.CheckUpdate(update)
		return err
	})
	return u, err
}

// convert calls f, which turns documents into Markdown or back. It returns an error or a panic of f
// as an ErrMarkdown, and counts it. It logs the panic, without a word of the text.
func (r *Record) convert(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.New("panic: " + withoutText(cause))
			r.log().Error("document cannot be read",
				reason(err), slog.String("stack", string(debug.Stack())))
		}
		if err != nil {
			r.s.metrics.conversionFailures.Inc()
			err = fmt.Errorf("%w: %w", ErrMarkdown, err)
		}
	}()
	return f()
}

// withoutText describes the cause of a panic without quoting anything.
func withoutText(cause any) string {
	if failure, ok := cause.(runtime.Error); ok {
		return failure.Error()
	}
	return fmt.Sprintf("%T", cause)
}
