package engine

import "time"

// frozen is the state of a room that goes to another node: nothing is merged any more, as its peers
// send there what this node does not accept. What was merged goes to the store. Guarded by room.mu.
type frozen struct {
	flushed    chan struct{} // closed when everything is durable; nil unless the room is frozen
	disowned   bool          // the room ends then by itself
	handedOver bool          // its end gives up the lease
}

// freeze makes the room merge nothing any more, and joins wait until it is gone. The result is
// closed when everything that was merged is durable. mu is held.
func (r *room) freeze(now time.Time) (flushed <-chan struct{}) {
	f := &r.frozen
	if f.flushed == nil {
		f.flushed = make(chan struct{})
		if r.state == stateGone {
			f.end()
			return f.flushed
		}
		v := r.eviction.Load()
		if v == nil {
			v = &eviction{over: make(chan struct{})}
			r.eviction.Store(v)
		}
		v.callers++ // which ends with the room, or with thaw
	}
	if r.flushNow(now); r.isDurable() {
		r.flushEnded()
	}
	return f.flushed
}

// disown ends a room whose lease is another node's: its peers are closed, and it is gone as soon as
// the store has everything that was merged. mu is held.
func (r *room) disown(now time.Time) (flushed <-chan struct{}) {
	if r.state != stateGone && !r.frozen.disowned {
		r.frozen.disowned = true
		r.e.metrics.disowned.Inc()
		r.closeAll(errMoved)
	}
	return r.freeze(now)
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

// flushEnded notes that everything of a frozen room is in the store. mu is held.
func (r *room) flushEnded() {
	if r.frozen.end(); r.frozen.disowned && r.state != stateGone {
		r.abandonLocked()
	}
}

// flushedFrozen is called when a row of a frozen room is durable, or was left to the room's owner.
// mu is held.
func (r *room) flushedFrozen(now time.Time) {
	if r.frozen.flushed == nil {
		return
	}
	if r.flushNow(now); r.isDurable() {
		r.flushEnded()
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
