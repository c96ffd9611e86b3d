package recordsync

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// versionReason is stored with the versions that keepLostText keeps.
const versionReason = "changed outside"

// keepLostText keeps a version of the text that the document loses, or does not have completely,
// with an outcome.
func (r *Record) keepLostText(ctx context.Context, d *docState, c *comparison) error {
	switch {
	case c.outcome == keepOurs, len(c.conflicts) > 0:
		return r.keepVersion(ctx, snapshot.Snapshot{State: r.s.cfg().Schema.Seed(c.tree)})
	case c.dropsEdits:
		return r.keepVersion(ctx, snapshot.Snapshot{
			Version: d.version, State: d.state, Authors: r.authors(),
		})
	}
	return nil
}

// authors returns the authors of the document, which may have changed since a docState was taken:
// what is known of the units in that is the same.
func (r *Record) authors() []byte {
	r.lock()
	defer r.unlock()
	return r.room.Authors()
}

func (r *Record) keepVersion(ctx context.Context, s snapshot.Snapshot) error {
	if r.s.cfg().Archive == nil {
		r.log().Warn("text of the record is not kept: the store keeps no versions")
		return nil
	}
	blob, err := snapshot.Append(nil, s, r.s.cfg().Compression)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.s.cfg().ArchiveTimeout)
	defer cancel()
	return r.s.cfg().Archive.KeepVersion(ctx, r.room.Key().String(), versionReason, blob)
}

// commit applies update, which brings the document to its outcome, and makes the record's text the
// merge base. It returns false, and does nothing, if a client has written with the client id of
// update.
func (r *Record) commit(
	d *docState, c *comparison, now Text, update yjs.CheckedUpdate,
) (done bool) {
	b := mergeBase{revision: now.Revision, hash: hashOf(c.theirs), showsDrafts: now.ShowsDrafts}
	change := r.changeTo
	if c.ours == c.theirs || c.ownDraft {
		// The draft may have been saved here, by a process that ended before it noted that.
		change = r.changeToDraft
	}
	text := change(d, c.theirs, b.hash)
	r.lock()
	defer r.unlock()
	if r.room.Closed() {
		return true
	}
	if r.knowsClientOf(update) {
		return false
	}
	edited := len(update.Bytes()) > 0
	if edited {
		r.room.Apply(update)
	}
	recreated := r.base.gone && c.dropsEdits
	r.setBase(b, text)
	if recreated {
		r.endFailure() // the edits that could not be saved are dropped
	}
	r.settle(d, c, now)
	r.notifyOutcome(c, recreated, edited)
	r.noteAlternation(c)
	r.room.Reschedule()
	return true
}

// settle notes after an outcome whether edits are left to be saved.
func (r *Record) settle(d *docState, c *comparison, now Text) {
	at := time.Now()
	if c.settled {
		r.setClean(d.edits)
	} else {
		r.setDirty(at)
	}
	if c.stale {
		r.repeats.add(r.base.hash, r.edits, at)
	}
	r.notePublished(now, c.settled && !c.ownDraft && !d.more && r.edits == d.edits)
	r.schedulePoll(at)
}

// knowsClientOf reports whether the document has structs of a client of u.
func (r *Record) knowsClientOf(u yjs.CheckedUpdate) bool {
	if len(u.Bytes()) == 0 {
		return false
	}
	doc, err := r.room.Document()
	if err != nil {
		return false
	}
	for s := range u.Sections() {
		if doc.Clock(s.Client) > 0 {
			return true
		}
	}
	return false
}

// isRepeated reports whether the same stale text was handled before, with no edit since. Then it is
// kept, and peers are notified, already.
func (r *Record) isRepeated(c *comparison) bool {
	r.lock()
	defer r.unlock()
	return c.stale && r.repeats.includes(hashOf(c.theirs), r.edits)
}
