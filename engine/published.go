package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Some people may see of a record only what is published (Identity.PublishedOnly). They are in
// the room while its document says that, are sent a document that has nothing in it of what
// was deleted, as that may have been in a draft, and are closed before they are sent anything
// that is not published.

// published is what a room knows of that. Guarded by room.mu.
type published struct {
	says     bool      // the document says what is published
	mark     Mark      // of the record as it was published then
	hiddenAt uint64    // version of the last update that may hold something else
	cleanAt  uint64    // version of the document that held nothing of what is deleted in it
	deniedAt time.Time // when the document was last found to say something else
	peers    int       // who may see nothing else
}

var errUnpublished = &CloseError{Code: CloseUnpublished, Reason: "the record has unpublished changes, which you may not see; come back when they are published"}

// showPublished prepares the room for who may see only what is published, or says why that cannot be.
func (r *room) showPublished(ctx context.Context, who *Identity) error {
	if !who.PublishedOnly || r.e.cfg.Records == nil {
		return nil
	}
	if err := r.work.begin(ctx, nil); err != nil {
		return err
	}
	defer r.work.end()
	ctx, cancel := context.WithTimeout(ctx, r.e.cfg.RecordTimeout)
	defer cancel()
	if !r.saysPublished(who.Text) {
		text, err := r.publishedText(ctx, who)
		if err == nil {
			err = r.findPublished(ctx, text)
		}
		if err != nil {
			return err
		}
	}
	return r.dropDeleted()
}

// saysPublished says whether it is known that the document says what is published, which is what
// somebody has just been shown, if that is known.
func (r *room) saysPublished(shown *Text) bool {
	r.lockForWork()
	defer r.mu.Unlock()
	return r.published.says && (shown == nil || shown.Mark != "" && shown.Mark == r.published.mark)
}

// publishedText is the record as who is shown it. It is not asked for each time that somebody
// comes back who was refused.
func (r *room) publishedText(ctx context.Context, who *Identity) (text Text, err error) {
	if who.Text != nil {
		return *who.Text, nil
	}
	r.lockForWork()
	denied := r.published.deniedAt
	r.mu.Unlock()
	if !denied.IsZero() && time.Since(denied) < r.e.cfg.RecordPoll {
		return text, errUnpublished
	}
	text, err = r.e.cfg.Records.Look(ctx, r.name, who.Credential)
	if errors.Is(err, ErrCredential) || errors.Is(err, ErrNoRecord) {
		return text, errUnpublished
	}
	return text, r.noBeginning(err)
}

// findPublished compares the document with what is published, and brings it to that where it says
// what was published before and nobody is here who may write.
func (r *room) findPublished(ctx context.Context, text Text) error {
	for range maxDraws {
		p, ok := r.page()
		if !ok {
			return nil // join will see
		}
		c, err := r.compare(&p, text)
		switch {
		case err != nil:
			return r.denyPublished()
		case c.ours == c.theirs:
			if r.notePublished(p.version, text) {
				return nil
			}
			continue
		case !r.wasPublished(&p, c.ours):
			return r.denyPublished()
		}
		if _, err := r.considerAs(ctx, p, text); err != nil {
			return r.noBeginning(err)
		}
	}
	return r.denyPublished()
}

// wasPublished says whether a document that says ours, and that nobody writes, goes back to something published.
func (r *room) wasPublished(p *page, ours string) bool {
	r.lockForWork()
	defer r.mu.Unlock()
	b := p.base
	return b.known() && !b.gone && b.mark != "" && !r.e.cfg.Records.IsDraft(b.mark) && hashOf(ours) == b.hash && !r.hasEditor()
}

// notePublished returns false if the document has changed since.
func (r *room) notePublished(version uint64, text Text) bool {
	r.lockForWork()
	defer r.mu.Unlock()
	if r.version != version {
		return false
	}
	r.published.says, r.published.mark, r.published.deniedAt = true, text.Mark, time.Time{}
	return true
}

func (r *room) denyPublished() error {
	r.lockForWork()
	defer r.mu.Unlock()
	r.published.says, r.published.deniedAt = false, time.Now()
	r.e.metrics.unpublished.Inc()
	return errUnpublished
}

// dropDeleted takes out of the document what is deleted in it.
func (r *room) dropDeleted() error {
	for range maxDraws {
		state, version := r.deleting()
		if state == nil {
			return nil
		}
		if r.e.cfg.KeepHistory {
			break // others' clients want what is deleted
		}
		r.compact(state, version)
	}
	return r.denyPublished()
}

// deleting returns the document if something of what is deleted may be in it.
func (r *room) deleting() (state []byte, version uint64) {
	r.lockForWork()
	defer r.mu.Unlock()
	if r.gone || r.unseal() != nil || r.hasNothingDeleted() {
		return nil, 0
	}
	return r.doc.AppendState(nil), r.version
}

func (r *room) hasNothingDeleted() bool {
	return r.published.cleanAt == r.version || !r.doc.HasDeletes()
}

// mayBeSeen is why somebody who may see only what is published cannot join; mu is held. What is
// on its way to everybody must be published too.
func (r *room) mayBeSeen(who *Identity) error {
	p := &r.published
	if !who.PublishedOnly || r.e.cfg.Records == nil || p.says && p.hiddenAt <= r.durable && r.hasNothingDeleted() {
		return nil
	}
	r.e.metrics.unpublished.Inc()
	return errUnpublished
}

// becomes notes what the document is, as of a text that it now goes back to; mu is held.
func (r *room) becomes(text Text, settled bool) {
	if text.Draft || !settled {
		r.hide()
		return
	}
	r.published.says, r.published.mark, r.published.deniedAt = true, text.Mark, time.Time{}
}

// hide closes those who may see only what is published, as the document has something else in it from
// this version on; mu is held. What waits for them is from before.
func (r *room) hide() {
	p := &r.published
	p.says, p.hiddenAt = false, r.version
	if p.peers == 0 {
		return
	}
	r.e.log.Info("unpublished changes; who may not see them is closed", slog.String("room", r.name), slog.Int("connections", p.peers))
	for _, peer := range r.peers {
		if peer.who.PublishedOnly {
			peer.who.PublishedOnly = false
			peer.close(errUnpublished)
			r.e.metrics.unpublished.Inc()
		}
	}
	p.peers = 0
}

// limit has a peer see what it may; mu is held. One that is here already has seen all that was said before.
func (r *room) limit(p *Peer, publishedOnly bool) {
	if p.left() || publishedOnly == p.who.PublishedOnly || r.e.cfg.Records == nil {
		return
	}
	if p.who.PublishedOnly = publishedOnly; !publishedOnly {
		r.published.peers--
		return
	}
	if r.published.peers++; !r.published.says {
		r.hide()
	}
}
