package engine

import (
	"context"
	"errors"
	"log/slog"

	"github.com/civicpress/civic-realtime/engine/recordsync"
)

// Some peers may see only the published text of a record (Identity.PublishedOnly). They are in the
// room while its document has that text. They are sent a document without deleted content, as that
// may have been in a draft, and are closed before anything is sent that is not published.

var errUnpublished = &CloseError{
	Code: CloseUnpublished,
	Reason: "the record has unpublished changes, which you may not see; " +
		"come back when they are published",
}

// showPublished prepares the room for a peer that may see only the published text.
func (r *room) showPublished(ctx context.Context, identity *Identity) error {
	if !identity.PublishedOnly || r.record == nil || r.isPublished(identity.Text) {
		return nil
	}
	err := r.record.PreparePublished(ctx, identity.access())
	if errors.Is(err, recordsync.ErrUnpublished) {
		return errUnpublished
	}
	return closeForBegin(err)
}

// isPublished reports whether there is nothing to prepare. It does not wait for the goroutine that
// compares the document with its record or saves it.
func (r *room) isPublished(shown *Text) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.record.IsPublished(shown) && r.compressed.blob == nil && r.hasNothingDeleted()
}

// admitRestricted returns why a peer that may see only the published text cannot join; nil if it
// can. Updates that are not durable yet must be published too. mu is held.
func (r *room) admitRestricted(identity *Identity) error {
	if !identity.PublishedOnly || r.record == nil {
		return nil
	}
	if r.record.ShowsPublished(r.commit.durable) && r.hasNothingDeleted() {
		return nil
	}
	r.e.metrics.unpublished.Inc()
	return errUnpublished
}

// restrict sets whether p may see only the published text. A peer that has joined before has seen
// everything that was sent until now. mu is held.
func (r *room) restrict(p *Peer, publishedOnly bool) {
	if p.left() || publishedOnly == p.identity.PublishedOnly || r.record == nil {
		return
	}
	if p.identity.PublishedOnly = publishedOnly; !publishedOnly {
		r.restricted--
		return
	}
	if r.restricted++; !r.record.IsPublished(nil) {
		r.record.SetUnpublished()
	}
}

// closeRestricted closes the peers that may see only the published text, as the document has
// another one from this version on. The messages in their queues are older. mu is held.
func (r *room) closeRestricted() {
	if r.restricted == 0 {
		return
	}
	r.e.log.Info("unpublished changes; connections that may not see them are closed",
		slog.String("room", r.name), slog.Int("connections", r.restricted))
	for _, peer := range r.peers {
		if peer.identity.PublishedOnly {
			peer.identity.PublishedOnly = false
			peer.close(errUnpublished)
			r.e.metrics.unpublished.Inc()
		}
	}
	r.restricted = 0
}

// dropDeleted drops all deleted content from the document. It returns false if it could not.
func (r *room) dropDeleted() bool {
	for range maxTries {
		state, version := r.withDeleted()
		if state == nil {
			return true
		}
		if r.e.cfg().KeepHistory {
			break // other clients need the deleted content
		}
		r.compact(state, version)
	}
	return false
}

// withDeleted returns the document's state if deleted content may be in it, else nil.
func (r *room) withDeleted() (state []byte, version uint64) {
	r.lockTimed()
	defer r.mu.Unlock()
	if r.state == stateGone || r.decompress() != nil || r.hasNothingDeleted() {
		return nil, 0
	}
	return r.doc.AppendState(nil), r.version
}

// hasNothingDeleted reports whether no deleted content can be in the document. mu is held.
func (r *room) hasNothingDeleted() bool {
	return r.undeletedAt == r.version || !r.doc.HasDeletes()
}
