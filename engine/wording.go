package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// ErrMarkdown says that a document could not be turned into Markdown, or Markdown
// into a document. People go on editing meanwhile.
var ErrMarkdown = errors.New("document and Markdown do not go together")

// page is a room's document at one moment, to be worked on without the room's lock.
type page struct {
	state       []byte // sealed, if it was
	sealed      bool
	wasSealed   bool // nobody is in the room, who would have it rendered again
	base        base
	text        mergeBase
	edits       uint64
	version     uint64
	credentials []string
	costly      bool // it is known to take too many steps to read
	direct      bool // says has found prose.HoldsDirectText
	more        bool // says has found prose.HoldsMore
}

// page returns false when the room is gone.
func (r *room) page() (p page, ok bool) {
	r.lockForWork()
	defer r.mu.Unlock()
	if r.gone {
		return p, false
	}
	p = page{base: r.record.base, text: r.record.text, edits: r.record.edits, version: r.version, credentials: r.credentials()}
	p.costly = r.costly != (revision{}) && r.costly == revision{r.version, r.record.edits}
	if p.sealed = r.sealed != nil; p.sealed {
		p.state = r.sealed // never written to
	} else {
		p.state = r.doc.AppendState(nil)
	}
	return p, true
}

// says is what p's document says, as Markdown.
func (r *room) says(p *page) (text string, err error) {
	err = r.guardWords(func() error {
		if p.sealed {
			s, err := snapshot.Decode(p.state, r.e.cfg.MaxDocument)
			if err != nil {
				return err
			}
			p.state, p.sealed, p.wasSealed = s.State, false, true
		}
		if p.costly {
			return view.ErrBudget // what was tried with this document need not be tried again
		}
		kept := r.e.renderings.take(r.name)
		if text, p.direct, err = r.e.render(codec.Trust(p.state), &kept); err == nil {
			p.more = prose.HoldsMore(kept.view, r.e.cfg.Schema)
		}
		if !p.wasSealed && err == nil {
			r.keepRendering(kept)
		}
		r.noteBudget(p, err)
		return err
	})
	return text, err
}

// keepRendering keeps what the document was rendered to for the next draft. Where the room has been unloaded or
// compressed meanwhile there is none soon.
func (r *room) keepRendering(kept rendering) {
	r.e.renderings.put(r.name, kept, time.Now())
	r.tryTo(func() {
		if r.gone || r.sealed != nil {
			r.e.renderings.drop(r.name)
		}
	})
}

// wording is a document as Markdown.
func (e *Engine) wording(state codec.CheckedUpdate) (string, error) {
	text, _, err := e.render(state, new(rendering))
	return text, err
}

// render makes Markdown of a document, of what its blocks were rendered to as far as they are the same, and says
// whether it is one that prose.HoldsDirectText.
func (e *Engine) render(state codec.CheckedUpdate, r *rendering) (text string, direct bool, err error) {
	defer view.Recover(&err)
	v, err := view.New(state, view.Reuse(r.view), view.MaxSteps(e.cfg.IntegrationSteps))
	if err != nil {
		return "", false, err
	}
	text, direct = r.blocks.Markdown(v, e.cfg.Schema)
	r.view = v
	return text, direct, nil
}

// parse reads a record's Markdown, and returns it as a document would write it too,
// one that prose.HoldsDirectText or another.
func (r *room) parse(text string, direct bool) (tree markdown.Node, normal string, err error) {
	storable := prose.Storable
	if direct {
		storable = prose.StorableDirect
	}
	err = r.guardWords(func() error {
		tree, err = markdown.Parse(text)
		if err == nil {
			normal = markdown.Format(storable(tree))
		}
		return err
	})
	return tree, normal, err
}

// edit is the update that brings p's document, which says has read, to tree; nil for none.
func (r *room) edit(p *page, tree markdown.Node) (u codec.CheckedUpdate, err error) {
	err = r.guardWords(func() error {
		update, err := prose.Edit(codec.Trust(p.state), r.e.cfg.Schema, tree, view.MaxSteps(r.e.cfg.IntegrationSteps))
		if err != nil || update == nil {
			return err
		}
		u, err = codec.CheckUpdate(update)
		return err
	})
	return u, err
}

// guardWords runs what turns documents into Markdown or back. An error or a panic
// there is an ErrMarkdown, counted and logged without a word of the text.
func (r *room) guardWords(f func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.New("panic: " + blandly(cause))
			r.e.log.Error("document cannot be read", slog.String("room", r.name), slog.String("reason", err.Error()),
				slog.String("stack", string(debug.Stack())))
		}
		if err != nil {
			r.e.metrics.markdownFailures.Inc()
			err = fmt.Errorf("%w: %w", ErrMarkdown, err)
		}
	}()
	return f()
}

// blandly is what a panic was about, as far as that quotes nothing.
func blandly(cause any) string {
	if failure, ok := cause.(runtime.Error); ok {
		return failure.Error()
	}
	return fmt.Sprintf("%T", cause)
}
