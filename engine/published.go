package engine

import (
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
	mark     Revision  // of the record as it was published then
	hiddenAt uint64    // version of the last update that may hold something else
	cleanAt  uint64    // version of the document that held nothing of what is deleted in it
	deniedAt time.Time // when the document was last found to say something else
	peers    int       // who may see nothing else
}

// isOf says whether the document says what somebody has just been shown, if that is known.
func (p *published) isOf(shown *Text) bool {
	return p.says && (shown == nil || shown.Revision != "" && shown.Revision == p.mark)
}

var errUnpublished = &CloseError{Code: CloseUnpublished, Reason: "the record has unpublished changes, which you may not see; come back when they are published"}

// admitRestricted is why somebody who may see only what is published cannot join; mu is held. What is
// on its way to everybody must be published too.
func (r *room) admitRestricted(who *Identity) error {
	p := &r.published
	if !who.PublishedOnly || r.e.cfg.Records == nil || p.says && p.hiddenAt <= r.durable && r.hasNothingDeleted() {
		return nil
	}
	r.e.metrics.unpublished.Inc()
	return errUnpublished
}

// notePublishedText notes what the document is, as of a text that it now goes back to; mu is held.
func (r *room) notePublishedText(text Text, settled bool) {
	if text.Draft || !settled {
		r.closeRestricted()
		return
	}
	r.published.says, r.published.mark, r.published.deniedAt = true, text.Revision, time.Time{}
}

// closeRestricted closes those who may see only what is published, as the document has something else in it from
// this version on; mu is held. What waits for them is from before.
func (r *room) closeRestricted() {
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

// restrict has a peer see what it may; mu is held. One that is here already has seen all that was said before.
func (r *room) restrict(p *Peer, publishedOnly bool) {
	if p.left() || publishedOnly == p.who.PublishedOnly || r.e.cfg.Records == nil {
		return
	}
	if p.who.PublishedOnly = publishedOnly; !publishedOnly {
		r.published.peers--
		return
	}
	if r.published.peers++; !r.published.says {
		r.closeRestricted()
	}
}
