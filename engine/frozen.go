package engine

import "time"

// frozen is the state of a room that goes to another node: nothing is merged any more, as its peers
// send there what this node does not accept. What was merged goes to the store. It is a part of an
// eviction. Guarded by room.mu.
type frozen struct {
	flushed    chan struct{} // closed when everything is durable; nil unless the room is frozen
	disowned   bool          // the room ends then by itself
	handedOver bool          // its end gives up the lease
	removal    *removal      // what takes its place, with disowned; or what the room is there for
}

// isFrozen reports whether the room goes to another node. mu is held.
func (r *room) isFrozen() bool {
	v := r.eviction.Load()
	return v != nil && v.flushed != nil
}

// isDisowned reports whether another node has the room, or it is deleted, so that nothing of it may
// be saved. mu is held.
func (r *room) isDisowned() bool { return r.isFrozen() && r.eviction.Load().disowned }

// freeze makes the room merge nothing any more, and joins wait until it is gone. mu is held, and
// the room is not gone.
func (r *room) freeze() *frozen {
	v := r.eviction.Load()
	if v == nil {
		v = &eviction{over: make(chan struct{})}
		r.eviction.Store(v)
	}
	if v.flushed == nil {
		v.flushed = make(chan struct{})
		v.callers++ // which ends with the room, or with thaw
	}
	return &v.frozen
}

// flushFrozen freezes the room. The result is closed when everything that was merged is durable, or
// the room is gone. mu is held.
func (r *room) flushFrozen(now time.Time) (flushed <-chan struct{}) {
	if r.state == stateGone {
		return closedChannel()
	}
	flushed = r.freeze().flushed
	r.flushedFrozen(now)
	return flushed
}

func closedChannel() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// disown ends a room whose lease is another node's: its peers are closed, and it is gone as soon as
// the store has everything that was merged. The result is closed then. mu is held.
func (r *room) disown(now time.Time) (flushed <-chan struct{}) {
	if r.state == stateGone {
		return closedChannel()
	}
	if f := r.freeze(); !f.disowned {
		f.disowned = true
		r.e.metrics.disowned.Inc()
		r.closeAll(errMoved)
	}
	return r.flushFrozen(now)
}

// yield ends the room for a removal, as disown does, but that its peers are closed when the removal
// has ended. The result is closed when the room is gone. mu is held.
func (r *room) yield(b *removal, now time.Time) (over <-chan struct{}) {
	if r.state == stateGone {
		return closedChannel()
	}
	if frozen := r.isFrozen(); !frozen {
		f := r.freeze()
		f.disowned, f.removal = true, b
	}
	over = r.eviction.Load().over
	r.flushedFrozen(now)
	return over
}

// closeAll closes all peers. mu is held.
func (r *room) closeAll(why *CloseError) {
	for _, p := range r.peers {
		p.close(why)
	}
}

// isDurable reports whether everything of the room is in the store.
func (r *room) isDurable() bool { return r.clean() && !r.record.Unjournaled() }

// flushNow makes a flush due at once if something is not in the store. mu is held.
func (r *room) flushNow(now time.Time) {
	if !r.isDurable() && !r.commit.pending {
		r.flushAtOnce(now)
	}
	r.commit.refused.hasten(now)
}

// flushedFrozen is called when a row of the room is durable, or was left to the room's owner. mu is
// held.
func (r *room) flushedFrozen(now time.Time) {
	if !r.isFrozen() {
		return
	}
	if r.flushNow(now); !r.isDurable() {
		return
	}
	f := &r.eviction.Load().frozen
	if f.removal != nil && r.saving.queued { // a state of the room may be on its way to the store
		return
	}
	if f.end(); f.disowned {
		r.abandonLocked()
	}
}

// end closes flushed, if the room is frozen.
func (f *frozen) end() {
	if f.flushed == nil {
		return
	}
	select {
	case <-f.flushed:
	default:
		close(f.flushed)
	}
}
