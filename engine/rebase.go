package engine

import (
	"errors"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// rebase is what goes into the document together with an update of a document with another seed. To work it
// out takes as long as to integrate the document a few times, so that is done off the room's lock, by a goroutine
// that only the update's peer waits for.
type rebase struct {
	of     uint64              // the version of the document that it goes with; zero: what that has become
	update codec.CheckedUpdate // no bytes: there is nothing to be done
	err    error               // prose.Reunite's
}

// errRebase says that an update needs a rebase, or another one. Nothing of it is merged yet.
var errRebase = errors.New("update is of a document with another seed")

// mergeRebased merges an update, with its rebase if it needs one. It waits for the room's lock, and for other rebases. It tries
// again where somebody has written meanwhile; when that goes on, the rebase is merged like any update, which may be merged into
// what the document has become. Where even so it cannot be, as its client id is taken, the update is merged as it is.
func (r *room) mergeRebased(e entry) error {
	r.rebasing.Lock()
	defer r.rebasing.Unlock()
	for try := range maxDraws {
		if e.rebase = r.rebaseFor(e); e.rebase != nil && try == maxDraws-1 {
			e.rebase.of = 0
		}
		if err := r.mergeLocked(e); err != errRebase {
			return err
		}
	}
	e.rebase = &rebase{err: errRebase}
	return r.mergeLocked(e)
}

func (r *room) mergeLocked(e entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.merge(e)
}

// rebaseFor works a rebase out, nil if e needs none. Rooms take turns, so that their copies are in memory one
// at a time; rebasing is held, so that there is no other rebase of this room until this one is merged.
func (r *room) rebaseFor(e entry) *rebase {
	state, version := r.stateFor(e)
	if version == 0 {
		return nil
	}
	r.e.rebases <- struct{}{}
	defer func() { <-r.e.rebases }()
	out := &rebase{of: version}
	if out.err = ErrDraining; r.e.draining.Load() {
		return out // which is not merged
	}
	out.err = r.guardWords(func() error {
		b, err := prose.Reunite(codec.Trust(state), e.update, r.e.cfg.Schema, view.MaxSteps(r.e.cfg.IntegrationSteps))
		if err == nil && b != nil {
			out.update, err = codec.CheckUpdate(b)
		}
		return err
	})
	return out
}

// stateFor is the document to work a rebase out for, and its version, which is zero if e needs none.
func (r *room) stateFor(e entry) (state []byte, version uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone || r.e.draining.Load() || r.unseal() != nil || !r.mustRebase(e) {
		return nil, 0
	}
	return r.doc.AppendState(nil), r.version
}

// knowsEditOf says whether somebody has written with the client id that a rebase begins to write with; mu is held.
func (r *room) knowsEditOf(u codec.CheckedUpdate) bool {
	if len(u.Bytes()) == 0 {
		return false
	}
	for s := range u.Sections() {
		if s.Clock == 0 && r.doc.Clock(s.Client) > 0 {
			return true
		}
	}
	return false
}
