package recordsync

import (
	"context"
	"errors"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// BeginError means that a document could not be given its initial content. Peers must not
// join: an empty document with their edits would be saved in the place of a text that they
// do not see. It wraps ErrGone, ErrMarkdown, or an error of Records, which may be
// temporary.
type BeginError struct{ Err error }

func (e *BeginError) Error() string { return e.Err.Error() }

func (e *BeginError) Unwrap() error { return e.Err }

// Begin gives an empty document its initial content before a peer joins: the snapshot that is
// stored beside the record, or the record's text. It reconciles a document that has content with
// the text. If several peers join at the same time the first one does this, and the others wait. It
// is done again for an editor if only users without drafts were shown the text so far, as a draft
// may be missing. The error is ctx's or a *BeginError. The lock must not be held.
func (r *Record) Begin(ctx context.Context, a Access) error {
	if !r.lacksText(a) {
		return nil
	}
	if err := r.work.lock(ctx, nil); err != nil {
		return err
	}
	defer r.work.unlock()
	if !r.lacksText(a) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.s.cfg().Timeout)
	defer cancel()
	text, err := r.textFor(ctx, a)
	if text == nil && err == nil {
		return nil
	}
	if err == nil {
		err = r.room.Quarantine(ctx)
	}
	if err == nil {
		err = r.beginWith(ctx, a, *text)
	}
	return r.cannotBegin(err)
}

// HasText reports whether the document has the text of its record, or there is none. The lock must
// not be held.
func (r *Record) HasText() bool {
	if r == nil {
		return true
	}
	r.room.Lock()
	defer r.room.Unlock()
	return r.base.known()
}

// lacksText reports whether the document may lack the text that a session is shown.
func (r *Record) lacksText(a Access) bool {
	if r == nil {
		return false
	}
	r.room.Lock()
	defer r.room.Unlock()
	b := r.base
	return !r.room.Closed() && (!b.known() || b.gone || !b.showsDrafts && !a.ReadOnly)
}

// textFor returns the record's text as a session is shown it, nil if it is not known.
func (r *Record) textFor(ctx context.Context, a Access) (*Text, error) {
	if a.Text != nil {
		return a.Text, nil
	}
	text, err := r.s.cfg().Records.Fetch(ctx, r.room.Key(), a.Credential)
	if errors.Is(err, ErrNew) && !r.hasBase() {
		return &Text{ShowsDrafts: true}, nil
	}
	if errors.Is(err, ErrCredential) || errors.Is(err, ErrNoRecord) && !errors.Is(err, ErrGone) {
		return nil, nil
	}
	return &text, err
}

// hasBase reports whether there is a merge base.
func (r *Record) hasBase() bool {
	r.lock()
	defer r.unlock()
	return r.base.known()
}

// cannotBegin counts and logs an error, and returns it as a *BeginError; nil for nil.
func (r *Record) cannotBegin(err error) error {
	if err == nil {
		return nil
	}
	r.s.metrics.notBegun.Inc()
	r.log().Warn("room cannot begin", reason(err))
	return &BeginError{err}
}

func (r *Record) beginWith(ctx context.Context, a Access, text Text) error {
	r.preparing.Add(1)
	defer r.preparing.Add(-1)
	d, ok := r.docState()
	if !ok {
		return nil
	}
	if d.version > 0 {
		if err := r.reconcile(ctx, text); !errors.Is(err, ErrMarkdown) {
			return err
		}
		return nil // a document that cannot be compared can still be edited
	}
	if !a.ReadOnly && !r.s.cfg().NoSnapshots && r.beginWithSnapshot(ctx, a, text) {
		return nil
	}
	return r.seed(&d, text)
}

// seed begins an empty document with a text.
func (r *Record) seed(d *docState, text Text) error {
	update, normal, err := r.seedOf(text)
	if err != nil {
		return err
	}
	hash := hashOf(normal)
	change := r.changeTo(d, normal, hash)
	r.room.Lock()
	defer r.room.Unlock()
	if r.room.Closed() || r.room.Version() > 0 {
		return nil
	}
	if len(update.Bytes()) > 0 {
		r.room.Apply(update)
		r.seeded = r.room.Version()
	}
	r.setBase(mergeBase{revision: text.Revision, hash: hash, showsDrafts: text.ShowsDrafts}, change)
	r.notePublished(text, true)
	r.s.metrics.seeded.Inc()
	r.room.Reschedule()
	return nil
}

// seedOf returns the update that gives an empty document the text, and the Markdown that this
// document is rendered to. The update is the same on all servers.
func (r *Record) seedOf(text Text) (u yjs.CheckedUpdate, normal string, err error) {
	if r.s.updates {
		err = r.convert(func() error {
			u, normal, err = updateOf(text, r.s.cfg().MaxUpdate)
			return err
		})
		return u, normal, err
	}
	err = r.convert(func() error {
		tree, err := markdown.Parse(r.withOneTitle(text))
		if err != nil {
			return err
		}
		if u, err = yjs.CheckUpdate(r.s.cfg().Schema.Seed(tree)); err != nil {
			return err
		}
		normal, _, err = r.s.render(u, new(rendering))
		return err
	})
	return u, normal, err
}

// withOneTitle returns the record's text with a single title: as long as it begins with its title
// twice, the first one is dropped.
func (r *Record) withOneTitle(t Text) string {
	for {
		below, ok := belowTitle(t.Markdown, t.Title)
		first, _, _ := strings.Cut(below, "\n")
		if !ok || !strings.HasPrefix(first, "# ") || !r.sameDocument(first, "# "+t.Title) {
			return t.Markdown
		}
		t.Markdown = below
	}
}

// sameDocument reports whether two texts in Markdown make the same document.
func (r *Record) sameDocument(a, b string) bool {
	_, a, errA := r.parse(a, false)
	_, b, errB := r.parse(b, false)
	return errA == nil && errB == nil && a == b
}
