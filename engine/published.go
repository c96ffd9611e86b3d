package engine

import (
	"context"
	"errors"
	"log/slog"

	"github.com/civicpress/civic-realtime/engine/recordsync"
)

// Some peers may see only what is published of a record (Identity.PublishedOnly). They are
// in the room while its document says that, are sent a document without anything deleted, as
// that may have been in a draft, and are closed before they are sent anything that is not
// published.

var errUnpublished = &CloseError{
	Code: CloseUnpublished,
	Reason: "the record has unpublished changes, which you may not see; " +
		"come back when they are published",
}

// showPublished prepares the room for a peer that may see only what is published.
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

// isPublished reports that there is nothing to prepare. It does not wait for the goroutine
// that compares the document with its record or saves it.
func (r *room) isPublished(shown *Text) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.record.IsPublished(shown) && r.compressed.blob == nil && r.hasNothingDeleted()
}

// admitRestricted is why a peer that may see only what is published cannot join; mu is
// held. What is on its way to everybody must be published too.
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

// restrict has a peer see what it may; mu is held. One that is here already has seen all
// that was sent before.
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

// closeRestricted closes the peers that may see only what is published, as the document has
// something else in it from this version on; mu is held. What waits for them is from before.
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

// dropDeleted takes out of the document what is deleted in it, or returns false.
func (r *room) dropDeleted() bool {
	for range maxTries {
		state, version := r.withDeleted()
		if state == nil {
			return true
		}
		if r.e.cfg.KeepHistory {
			break // clients of others want what is deleted
		}
		r.compact(state, version)
	}
	return false
}

// withDeleted returns the document if something deleted may be in it.
func (r *room) withDeleted() (state []byte, version uint64) {
	r.lockTimed()
	defer r.mu.Unlock()
	if r.state == stateGone || r.decompress() != nil || r.hasNothingDeleted() {
		return nil, 0
	}
	return r.doc.AppendState(nil), r.version
}

func (r *room) hasNothingDeleted() bool {
	return r.undeletedAt == r.version || !r.doc.HasDeletes()
}
