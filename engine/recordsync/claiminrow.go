package recordsync

import (
	"context"
	"crypto/sha256"
	"time"
)

// claimInRow claims a text by a row of the journal, and returns when that is durable. If the store
// takes long it returns before, as a draft that is saved is safer than one that is not. An update
// needs no claim: it is merged once, however often it comes.
func (r *Record) claimInRow(ctx context.Context, text string) error {
	if r.s.updates {
		return nil
	}
	durable, closed := r.addClaim(hashOf(text))
	if durable != nil {
		if err := r.awaitRow(ctx, durable); err != nil {
			return &unclaimedError{err}
		}
		closed = r.isClosed()
	}
	if closed {
		return context.Canceled
	}
	return nil
}

// addClaim returns what claimInRow has to wait for; nil for nothing.
func (r *Record) addClaim(hash [sha256.Size]byte) (durable <-chan struct{}, closed bool) {
	r.lock()
	defer r.unlock()
	if r.room.Closed() {
		return nil, true
	}
	if r.claims == nil {
		r.claims = new(rowClaims)
	}
	if r.claims.add(hash); r.room.Delayed() {
		return nil, false
	}
	if durable = r.claims.await(); durable != nil {
		r.room.FlushSoon(time.Now())
	}
	return durable, false
}

// awaitRow waits. While a sync worker does so another takes its place.
func (r *Record) awaitRow(ctx context.Context, durable <-chan struct{}) error {
	if w := r.work.worker; w != nil {
		w.beginWait()
		defer w.endWait()
	}
	select {
	case <-durable:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Record) isClosed() bool {
	r.lock()
	defer r.unlock()
	return r.room.Closed()
}
