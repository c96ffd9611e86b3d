package engine

import (
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// A client that was away for long may hold a document that was seeded with another text than the
// room's: a foreign one. Its updates are merged together with a rebase, so that the document does
// not hold both texts. Computing a rebase takes as long as integrating the document a few times. It
// is done without the room's lock, by a goroutine that only the update's peer waits for.

// rebase is an update that is merged together with a foreign one.
type rebase struct {
	of     uint64            // the only version that it may be merged into; zero: any
	update yjs.CheckedUpdate // empty if the foreign update needs nothing beside it
	err    error             // of recordsync.Record.Rebase
}

// errRebase means that an update needs a rebase, or another one. Nothing of it is merged yet.
var errRebase = errors.New("update is of a document with another seed")

// maxRebases is how many updates of a peer are rebased. A client that returns needs one, and two
// more if it types on before it has the room's document. As each takes long, later updates of a
// client that makes up seeds are merged without a rebase.
const maxRebases = 8

// maxTries is how often work is tried with which others may interfere.
const maxTries = 3

// mustRebase reports whether e is to be merged with a rebase. mu is held.
func (r *room) mustRebase(e entry) bool {
	return e.peer.rebases < maxRebases && r.record.Foreign(&r.doc, e.update, e.whole)
}

// mergeRebased merges an update, with its rebase if it needs one. It waits for the room's lock, and
// for other rebases. If somebody has written meanwhile it tries again; the last time the rebase is
// merged into the document as it is by then. If that is impossible too, because the client id of
// the rebase is taken, the update is merged without a rebase.
func (r *room) mergeRebased(e entry) error {
	r.rebasing.Lock()
	defer r.rebasing.Unlock()
	for attempt := range maxTries {
		if e.rebase = r.rebaseFor(e); e.rebase != nil && attempt == maxTries-1 {
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

// rebaseFor computes a rebase; nil if e needs none. Rooms take turns, so that one copy of a
// document is in memory at a time. rebasing is held, so that the room has no other rebase until
// this one is merged.
func (r *room) rebaseFor(e entry) *rebase {
	state, version := r.stateToRebase(e)
	if version == 0 {
		return nil
	}
	r.e.rebases <- struct{}{}
	defer func() { <-r.e.rebases }()
	out := &rebase{of: version}
	if out.err = ErrDraining; r.e.draining.Load() {
		return out // which is not merged
	}
	out.update, out.err = r.record.Rebase(state, e.update)
	return out
}

// stateToRebase returns the state of the document to compute a rebase for, and its version; zero if
// e needs none.
func (r *room) stateToRebase(e entry) (state []byte, version uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == stateGone || r.e.draining.Load() || r.decompress() != nil || !r.mustRebase(e) {
		return nil, 0
	}
	return r.doc.AppendState(nil), r.version
}

// applyRebased applies a foreign update together with its rebase. An update that is only a part of
// its document is left out, and its peer is asked for the whole. mu is held.
func (r *room) applyRebased(e entry) error {
	p, u, update, err := e.peer, e.update, e.rebase.update, e.rebase.err
	if of := e.rebase.of; of > 0 && of != r.version || r.knowsNewClientOf(update) {
		return errRebase
	}
	p.rebases++
	if errors.Is(err, view.ErrIncomplete) {
		r.ackLater(e)
		r.resync(p, lacksUpdate, time.Now(), unknownID)
		return nil
	}
	if errors.Is(err, view.ErrBudget) {
		r.overBudget()
	}
	if err == nil && update.Bytes() == nil && r.mayHoldMore(p, u) {
		r.ackLater(e)
		return nil
	}
	waiting := r.doc.PendingSize() > 0
	out := r.applyBy(u, p.author())
	changed := out.Changed
	if len(update.Bytes()) > 0 {
		changed = r.applyBy(update, p.author()).Changed || changed
	}
	r.record.Rebased(changed)
	if changed {
		r.changed(p, waiting, time.Now())
		r.commit.joint = true // p is to be sent the rebase too
	}
	if out.Refused == nil {
		r.ackWhenDurable(e)
		r.accepted(e)
		r.echo(e, out)
	}
	return out.Refused
}

// knowsNewClientOf reports whether somebody has written with the client id that a rebase begins to
// write with. mu is held.
func (r *room) knowsNewClientOf(u yjs.CheckedUpdate) bool {
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

// searchPatience is how long updates of a peer are left out while its whole state is requested.
const searchPatience = 10 * time.Second

// mayHoldMore reports whether u is only a part of a document, written upon a seed that was taken
// out, by a peer that may not know that yet. The peer is asked for its whole state, which will have
// u in it. Native peers are not asked, as they are notified with the next flush.
func (r *room) mayHoldMore(p *Peer, u yjs.CheckedUpdate) bool {
	now := time.Now()
	var alone ydoc.Doc
	if out := alone.Apply(u); p.proto.Native() || !out.Missing && !out.Dropped {
		p.searchedAt = 0
		return false
	}
	if p.searchedAt == 0 {
		p.searchedAt = r.e.clock(now)
		p.askedOwn()
		p.sendMessage(outbound.Notice, protocol.Message{
			Kind: protocol.SyncRequest, Body: yjs.StateVector{}.Append(nil),
		})
	}
	return r.e.clock(now)-p.searchedAt < searchPatience
}

// unseed makes a peer that may not write delete another seed in its own document, where its user
// would see both texts. Nothing of u is merged. It returns true if u has nothing but that seed, so
// that there is no edit that the peer must be notified of as refused.
func (r *room) unseed(p *Peer, u yjs.CheckedUpdate) (alone bool) {
	deletes, alone := r.record.Unseed(&r.doc, u)
	body := yjs.AppendDeletes(lib0.AppendUvarint(nil, 0), deletes)
	m := protocol.Message{Kind: protocol.Update, Body: body, Version: r.version}
	p.sendMessage(outbound.Notice, m)
	return alone
}
