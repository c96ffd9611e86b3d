package engine

import "sync"

// queue is what waits to be written to one connection. Its lock is a leaf. At most
// one goroutine writes, of the engine's writers, while there is something to write.
type queue struct {
	mu      sync.Mutex
	parcels []*parcel
	bytes   int  // waiting and being written
	writing bool // a writer is at it, or the peer stands in their line
	answers bool // an answer waits or is being written
	notify  bool // the writer must say when all is written
	ended   bool // nothing is added any more
	closing *CloseError
}

// put adds p and says whether the peer must get in the writers' line. When p does not fit
// into limit bytes, it is not added, and what could be dropped of the queue comes back as lost.
func (q *queue) put(p *parcel, limit int) (start, fits bool, lost []*parcel) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return false, true, nil
	}
	if p.droppable() && q.bytes > 0 && q.bytes+len(p.wire) > limit {
		q.notify = true
		return false, false, q.shed()
	}
	q.parcels = append(q.parcels, p)
	q.bytes += len(p.wire)
	q.answers = q.answers || p.class == answer
	start = !q.writing
	q.writing = true
	return start, true, nil
}

func (q *queue) shed() (lost []*parcel) {
	kept := q.parcels[:0]
	for _, p := range q.parcels {
		if p.droppable() {
			lost = append(lost, p)
			q.bytes -= len(p.wire)
		} else {
			kept = append(kept, p)
		}
	}
	clear(q.parcels[len(kept):])
	q.parcels = kept
	return lost
}

// busy says whether an answer has not been written yet; the writer will say when it has.
func (q *queue) busy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notify = q.notify || q.answers
	return q.answers
}

// take gives the writer all that waits, in place of what it gave it last. With nothing
// left the writer has ended, and take says whether the room wants to know and whether
// the connection is to be closed.
func (q *queue) take(last [][]byte) (frames [][]byte, notify bool, closing *CloseError) {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(last)
	frames, q.bytes = last[:0], 0
	for _, p := range q.parcels {
		frames = append(frames, p.wire)
		q.bytes += len(p.wire)
	}
	if clear(q.parcels); cap(q.parcels) > keptParcels {
		q.parcels = nil
	}
	q.parcels = q.parcels[:0]
	if len(frames) > 0 {
		return frames, false, nil
	}
	notify, closing = q.notify, q.closing
	q.writing, q.answers, q.notify, q.closing = false, false, false, nil
	return frames, notify, closing
}

// keptParcels is how many parcels an idle queue keeps room for.
const keptParcels = 16

// end lets nothing in any more. With drop it forgets what waits; without, that
// is still written. A writer that is not there and has to close must be started.
func (q *queue) end(closing *CloseError, drop bool) (start bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if drop {
		q.parcels = nil
	}
	if q.ended {
		return false
	}
	q.ended, q.closing = true, closing
	start = closing != nil && !q.writing
	q.writing = q.writing || start
	return start
}
