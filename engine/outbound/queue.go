package outbound

import "sync"

// Queue is what waits to be written to one connection. Its lock is a leaf. At most one of
// the Writers' goroutines writes it, while there is something to write. The zero value is
// empty.
type Queue struct {
	mu       sync.Mutex
	messages []*Message
	bytes    int   // waiting and being written
	writing  bool  // a goroutine writes, or the connection is in the Writers' line
	answers  bool  // an Answer waits or is being written
	notify   bool  // the caller of Take is told when all is written
	ended    bool  // nothing is added any more
	closing  error // the connection is to be closed with it when all is written
}

// Put adds m, and reports whether the connection must get in the Writers' line. When m does
// not fit into limit bytes it is not added, and dropped are those that were taken from the
// queue with it.
func (q *Queue) Put(m *Message, limit int) (start, fits bool, dropped []*Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return false, true, nil
	}
	if m.droppable() && q.bytes > 0 && q.bytes+len(m.Wire) > limit {
		q.notify = true
		return false, false, q.drop()
	}
	q.messages = append(q.messages, m)
	q.bytes += len(m.Wire)
	q.answers = q.answers || m.Class == Answer
	start = !q.writing
	q.writing = true
	return start, true, nil
}

// drop takes what can be replaced later.
func (q *Queue) drop() (dropped []*Message) {
	kept := q.messages[:0]
	for _, m := range q.messages {
		if m.droppable() {
			dropped = append(dropped, m)
			q.bytes -= len(m.Wire)
		} else {
			kept = append(kept, m)
		}
	}
	clear(q.messages[len(kept):])
	q.messages = kept
	return dropped
}

// HasAnswer reports whether an Answer has not been written yet. The caller of Take is told
// then when all is written.
func (q *Queue) HasAnswer() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notify = q.notify || q.answers
	return q.answers
}

// Bytes is how many bytes wait or are being written.
func (q *Queue) Bytes() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// Take returns the frames of all that waits, in the memory of those it returned last. With
// none left writing has ended: notify says whether somebody waits for that, closing, if not
// nil, that the connection is to be closed with it.
func (q *Queue) Take(last [][]byte) (frames [][]byte, notify bool, closing error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(last)
	frames, q.bytes = last[:0], 0
	for _, m := range q.messages {
		frames = append(frames, m.Wire)
		q.bytes += len(m.Wire)
	}
	if clear(q.messages); cap(q.messages) > keptMessages {
		q.messages = nil
	}
	q.messages = q.messages[:0]
	if len(frames) > 0 {
		return frames, false, nil
	}
	notify, closing = q.notify, q.closing
	q.writing, q.answers, q.notify, q.closing = false, false, false, nil
	return frames, notify, closing
}

// keptMessages is for how many messages an idle queue keeps memory.
const keptMessages = 16

// Close lets nothing in any more. What waits is still written, then the connection is closed
// with why. A connection that is not being written to must get in the Writers' line: start.
func (q *Queue) Close(why error) (start bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return false
	}
	q.ended, q.closing = true, why
	start = !q.writing
	q.writing = true
	return start
}

// Drop lets nothing in any more and forgets what waits.
func (q *Queue) Drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages, q.ended = nil, true
}
