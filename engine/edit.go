package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Errors of Edit, beside those of Join and a *Denial.
var (
	ErrExists    = errors.New("there is a document of that name")
	ErrMissing   = errors.New("the update refers to content that the document does not have")
	ErrOtherSeed = errors.New("the update is of a document that began with another text: " +
		"fetch the document, and make the edit there")
	ErrUpdate   = errors.New("the update cannot be read")
	ErrBusyRoom = errors.New("others write faster than the edit could be made")
)

// Edit is an edit of a document by a program that is no peer of its room.
type Edit struct {
	// By is the user who edits.
	By Identity
	// OnBehalfOf is the id of the user for whom that user edits; empty: for nobody else.
	OnBehalfOf string
	// Update is the edit. It is checked like a peer's.
	Update []byte
	// Make makes the edit from the present document, in the place of Update; nil means that there
	// is nothing to change. Others may write meanwhile: then it is called again, and the last time
	// its result is merged into what they have written, unless Exact is set. It is called without
	// any lock. Its error ends the edit.
	Make func(now Document) (update []byte, err error)
	// Exact demands that the edit is merged into the document that it was made from.
	Exact bool
	// Create demands that nobody has written anything in the room yet.
	Create bool
	// ReadAfter asks for the state after the edit.
	ReadAfter bool
}

// EditResult is the result of an edit.
type EditResult struct {
	Document      // after it; State only with Edit.ReadAfter
	Changed  bool // it has changed something
}

// Edit merges an edit into the document of a room, which it opens if need be. All peers are sent
// it. It returns when the edit is durable, or ctx is done: then the edit may be made. Its error is
// that of Join, of Edit.Make, a *Denial if the user may not write or the document is full,
// ydoc.ErrNesting, or one of those above. After another error than ctx's nothing is changed.
func (e *Engine) Edit(ctx context.Context, key roomkey.Key, edit Edit) (
	done EditResult, err error,
) {
	for {
		r, err := e.openToEdit(ctx, key, &edit.By)
		if err != nil {
			return done, err
		}
		if r == nil {
			continue // it was being evicted
		}
		done, err = r.edit(ctx, edit)
		r.release()
		if err != errGone {
			return done, err
		}
	}
}

// errGone says that a room has ended before it was edited.
var errGone = errors.New("room has ended")

// openToEdit returns a room that is ready to be edited, and must be released; nil if it has to be
// opened again.
func (e *Engine) openToEdit(
	ctx context.Context, key roomkey.Key, by *Identity,
) (*room, error) {
	if err := e.KeptOut(by.ID, key); err != nil {
		return nil, err
	}
	r, err := e.open(ctx, key)
	if err != nil {
		return nil, err
	}
	if waited, err := r.awaitEviction(ctx); waited {
		return nil, err
	}
	err = r.beginRecord(ctx, by)
	if err == nil && !r.record.HasText() {
		err = errNoText
	}
	if err != nil {
		r.release()
		return nil, err
	}
	return r, nil
}

// errNoText refuses edits of a record whose text is not known: what is written on an empty page
// would be saved over the record.
var errNoText = &CloseError{
	Code: CloseRoomNotFound, Reason: "there is no such record, or its text cannot be fetched",
}

// maxExact is how often an exact edit is tried.
const maxExact = 10

// edit makes an edit of a room that is open.
func (r *room) edit(ctx context.Context, edit Edit) (done EditResult, err error) {
	if edit.Make == nil {
		return r.mergeEdit(ctx, edit, edit.Update, nil)
	}
	tries := maxTries
	if edit.Exact {
		tries = maxExact
	}
	for try := range tries {
		now, err := r.presentToEdit(ctx)
		if err != nil {
			return done, err
		}
		update, err := edit.Make(now)
		if err != nil {
			return done, err
		}
		only := &now.Version
		if try == tries-1 && !edit.Exact {
			only = nil
		}
		if done, err = r.mergeEdit(ctx, edit, update, only); err != errVersionPassed {
			return done, err
		}
	}
	return done, ErrBusyRoom
}

// errVersionPassed says that a document was changed while an edit of it was made.
var errVersionPassed = errors.New("document was changed meanwhile")

// presentToEdit returns the present document, durable or not; the zero Document, whose state is
// that of an empty document, if nobody has written anything.
func (r *room) presentToEdit(ctx context.Context) (d Document, err error) {
	taken, failed := make(chan Document, 1), make(chan error, 1)
	take := func() {
		switch {
		case r.state == stateGone:
			failed <- errGone
		case r.damage != nil:
			failed <- fmt.Errorf("%w: %w", ErrUnreadable, r.damage)
		default:
			err := r.decompress()
			taken <- Document{r.version, r.incarnation, r.doc.State()}
			failed <- err
		}
	}
	if err := r.callLocked(ctx, take); err != nil {
		return d, err
	}
	select {
	case err = <-failed:
	default:
		err = crashed
	}
	if err == nil {
		d = <-taken
	}
	return d, err
}

// mergeEdit merges an update, and returns when it is durable. only is the version that it may be
// merged into; nil: any.
func (r *room) mergeEdit(
	ctx context.Context, edit Edit, update []byte, only *uint64,
) (done EditResult, err error) {
	u, err := yjs.CheckUpdate(update)
	if err != nil && update != nil {
		return done, fmt.Errorf("%w: %w", ErrUpdate, err)
	}
	type merged struct {
		EditResult
		err error
	}
	result, durable := make(chan merged, 1), make(chan struct{})
	merge := func() {
		var m merged
		if m.err = r.mayEdit(edit, u, only); m.err == nil {
			m.EditResult, m.err = r.applyEdit(edit, u)
			r.commit.await(r.version, durable)
		}
		result <- m
	}
	if err := r.callLocked(ctx, merge); err != nil {
		return done, err
	}
	m := merged{err: crashed}
	select {
	case m = <-result:
	default:
	}
	if m.err == nil {
		m.err = awaitClosed(ctx, durable)
	}
	return m.EditResult, m.err
}

// mayEdit returns why an edit may not be merged; nil if it may. mu is held.
func (r *room) mayEdit(edit Edit, u yjs.CheckedUpdate, only *uint64) error {
	switch {
	case r.state == stateGone || r.isFrozen():
		return errGone
	case r.e.draining.Load():
		return ErrDraining
	case only != nil && *only != r.version:
		return errVersionPassed
	}
	if err := r.decompress(); err != nil {
		return err
	}
	if edit.Create && !r.doc.Empty() {
		return ErrExists
	}
	if u.Bytes() == nil {
		return nil
	}
	if reason := r.checkUpdate(entry{peer: r.editor(edit.By), update: u}); reason != nil {
		if reason == ErrDocumentTooLarge && r.compactDue(r.doc.Size()) {
			r.compactSoon(time.Now())
		}
		r.e.metrics.denied(reason)
		return reason
	}
	switch {
	case !edit.Create && r.hasFormer(u):
		return r.refuseFormer()
	case !r.hasAllReferred(u):
		return ErrMissing
	case !r.doc.CanNest(u):
		return ydoc.ErrNesting
	case r.record.Foreign(&r.doc, u, true):
		return ErrOtherSeed
	}
	return nil
}

// editor returns a peer that is in no room, for an edit of a user.
func (r *room) editor(by Identity) *Peer {
	p := &Peer{room: r, proto: protocol.YWebsocket{}, identity: by}
	p.presence.SetUser(by.user(0))
	p.identity.Text = nil
	return p
}

// applyEdit merges an edit that is allowed. mu is held.
func (r *room) applyEdit(edit Edit, u yjs.CheckedUpdate) (done EditResult, err error) {
	if u.Bytes() != nil {
		now, waiting := time.Now(), r.doc.PendingSize() > 0
		p := r.editor(edit.By)
		by := p.author()
		by.OnBehalfOf = edit.OnBehalfOf
		out := r.applyBy(u, by)
		if done.Changed = out.Changed; out.Changed {
			r.compressed.tried = false
			r.changed(p, waiting, now)
			r.compactIfFreed(u, now)
			r.updateStats(now)
		}
		err = out.Refused // none, as mayEdit has looked
	}
	done.Version, done.Incarnation = r.version, r.incarnation
	if edit.ReadAfter {
		done.State = r.doc.State()
	}
	return done, err
}
