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

// A client that was away for long may hold a document that was seeded with another text than
// the room's: a foreign one. Its updates are merged together with a rebase, so that the two
// texts do not stand there both. To compute a rebase takes as long as to integrate the
// document a few times. That is done without the room's lock, by a goroutine that nothing but
// the update's peer waits for.

// rebase is an update that is merged together with a foreign one.
type rebase struct {
	of     uint64            // the version of the document that it goes with; zero: any later one too
	update yjs.CheckedUpdate // empty: there is nothing to be done
	err    error             // recordsync.Record.Rebase's
}

// errRebase means that an update needs a rebase, or another one. Nothing of it is merged yet.
var errRebase = errors.New("update is of a document with another seed")

// maxRebases is how many updates of a peer are rebased. A client that returns needs one, and
// two more if it types on before it has ours. As each takes long, what a client that makes up
// seeds sends after that is merged like anything else.
const maxRebases = 8

// maxTries is how often something is tried that others may interfere with.
const maxTries = 3

// mustRebase reports that e is to be merged with a rebase; mu is held.
func (r *room) mustRebase(e entry) bool {
	return e.peer.rebases < maxRebases && r.record.Foreign(&r.doc, e.update)
}

// mergeRebased merges an update, with its rebase if it needs one. It waits for the room's
// lock, and for other rebases. It tries again if somebody has written meanwhile; when that
// goes on, the rebase is merged like any update, into what the document has become. If even
// so it cannot be merged, as its client id is taken, the update is merged as it is.
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

// rebaseFor computes a rebase, nil if e needs none. Rooms take turns, so that one copy of a
// document is in memory at a time. rebasing is held, so that there is no other rebase of this
// room until this one is merged.
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

// stateToRebase returns the document to compute a rebase for, and its version; zero if e
// needs none.
func (r *room) stateToRebase(e entry) (state []byte, version uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == stateGone || r.e.draining.Load() || r.decompress() != nil || !r.mustRebase(e) {
		return nil, 0
	}
	return r.doc.AppendState(nil), r.version
}

// applyRebased applies a foreign update together with its rebase; mu is held. An update that
// is not all of its document is left out, and its peer is asked for all of it.
func (r *room) applyRebased(e entry) error {
	p, u, update, err := e.peer, e.update, e.rebase.update, e.rebase.err
	if of := e.rebase.of; of > 0 && of != r.version || r.knowsNewClientOf(update) {
		return errRebase
	}
	p.rebases++
	if errors.Is(err, view.ErrIncomplete) {
		r.resync(p, lacksUpdate, time.Now(), unknownID)
		return nil
	}
	if errors.Is(err, view.ErrBudget) {
		r.overBudget()
	}
	if err == nil && update.Bytes() == nil && r.mayHoldMore(p, u) {
		return nil
	}
	waiting := r.doc.PendingSize() > 0
	out := r.doc.Apply(u)
	changed := out.Changed
	if len(update.Bytes()) > 0 {
		changed = r.doc.Apply(update).Changed || changed
	}
	r.record.Rebased(changed)
	if changed {
		r.changed(p, waiting, time.Now())
		r.commit.joint = true // p is to be sent it too
	}
	if out.Refused == nil {
		r.ackWhenDurable(p)
		r.accepted(e)
		r.echo(e, out)
	}
	return out.Refused
}

// knowsNewClientOf reports that somebody has written with the client id that a rebase begins
// to write with; mu is held.
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

// searchPatience is how long a peer is waited for that was asked for all it has.
const searchPatience = 10 * time.Second

// mayHoldMore reports that u is no whole document, but written upon a seed that was taken
// out, by a peer that may not know that yet. The peer is then asked for all it has, which
// will have u in it. Native protocols are notified with the next flush, so they are not asked.
func (r *room) mayHoldMore(p *Peer, u yjs.CheckedUpdate) bool {
	now := time.Now()
	var alone ydoc.Doc
	if out := alone.Apply(u); p.proto.Native() || !out.Missing && !out.Dropped {
		p.searchedAt = 0
		return false
	}
	if p.searchedAt == 0 {
		p.searchedAt = r.e.clock(now)
		p.sendMessage(outbound.Notice, protocol.Message{
			Kind: protocol.SyncRequest, Body: yjs.StateVector{}.Append(nil),
		})
	}
	return r.e.clock(now)-p.searchedAt < searchPatience
}

// unseed has a peer that may not write delete another seed in its own document, as it would
// see both texts. Nothing of u is merged. It reports that the peer has written nothing that
// it would have to be notified is refused.
func (r *room) unseed(p *Peer, u yjs.CheckedUpdate) (alone bool) {
	deletes, alone := r.record.Unseed(&r.doc, u)
	body := yjs.AppendDeletes(lib0.AppendUvarint(nil, 0), deletes)
	m := protocol.Message{Kind: protocol.Update, Body: body, Version: r.version}
	p.sendMessage(outbound.Notice, m)
	return alone
}
