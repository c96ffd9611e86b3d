package engine

import "sync"

// queue is what waits to be written to one connection. Its lock is a leaf. At most
// one goroutine writes, of the engine's writers, while there is something to write.
type queue struct {
	mu      sync.Mutex
	parcels []*parcel
	frames  [][]byte // lent to the writer by take
	bytes   int      // waiting and being written
	limit   int      // of bytes, for what may be dropped
	writing bool     // a writer is at it, or the peer stands in their line
	answers bool     // an answer waits or is being written
	notify  bool     // the writer must say when all is written
	ended   bool     // nothing is added any more
	closing *CloseError
}

// put adds p and says whether the peer must get in the writers' line. When p does not fit,
// it is not added, and what could be dropped of the queue comes back as lost.
func (q *queue) put(p *parcel) (start, fits bool, lost []*parcel) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return false, true, nil
	}
	if p.droppable() && q.bytes > 0 && q.bytes+len(p.wire) > q.limit {
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

// take gives the writer all that waits. With nothing left the writer has ended,
// and take says whether the room wants to know and whether the connection is to be closed.
func (q *queue) take() (frames [][]byte, notify bool, closing *CloseError) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes = 0
	if clear(q.frames); cap(q.frames) > keptFrames {
		q.frames = nil
	}
	q.frames = q.frames[:0]
	for _, p := range q.parcels {
		q.frames = append(q.frames, p.wire)
		q.bytes += len(p.wire)
	}
	if clear(q.parcels); cap(q.parcels) > keptFrames {
		q.parcels = nil
	}
	q.parcels = q.parcels[:0]
	if len(q.frames) > 0 {
		return q.frames, false, nil
	}
	notify, closing = q.notify, q.closing
	q.writing, q.answers, q.notify, q.closing = false, false, false, nil
	return nil, notify, closing
}

// keptFrames is how many frames an idle queue keeps room for.
const keptFrames = 16

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
