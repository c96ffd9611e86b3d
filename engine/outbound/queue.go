package outbound

import "sync"

// Queue has the messages that wait to be written to one connection. Its lock is a leaf. At most one
// of the Writers' goroutines writes it, while there is something to write. The zero value is empty.
type Queue struct {
	// Compression makes Batch.Deflate compress long messages. It is set before the first Put.
	Compression bool

	mu       sync.Mutex
	messages []*Message
	bytes    int   // waiting and being written
	writing  bool  // a goroutine writes, or the connection is in the Writers' line
	answers  bool  // an Answer waits or is being written
	notify   bool  // the caller of Take is to be notified when all is written
	ended    bool  // nothing is added any more
	closing  error // the connection is to be closed with it when all is written
}

// Put adds m, and returns start if the connection must be added to the Writers. If m does not fit
// into limit bytes, fits is false, m is not added, and dropped has the messages that were taken
// from the queue for the same reason.
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

// drop removes and returns the messages that later ones can replace.
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

// HasAnswer reports whether there is an Answer that is not written yet. If so, the caller of Take
// is notified when all is written.
func (q *Queue) HasAnswer() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.notify = q.notify || q.answers
	return q.answers
}

// Bytes returns how many bytes wait or are being written.
func (q *Queue) Bytes() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// Waiting returns how many messages wait to be written, and the bytes that wait or are being
// written.
func (q *Queue) Waiting() (messages, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages), q.bytes
}

// Take puts all messages into b, in the place of those that it has. If there are none, writing has
// ended. Then notify is set if HasAnswer was true, or messages were dropped, since writing began,
// and the connection is to be closed with closing, unless that is nil.
func (q *Queue) Take(b *Batch) (notify bool, closing error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b.clear()
	q.bytes = 0
	for _, m := range q.messages {
		b.Frames, b.Labels = append(b.Frames, m.Wire), append(b.Labels, m.label)
		q.bytes += len(m.Wire)
		if q.Compression && m.deflated != nil {
			b.long = append(b.long, m)
		}
	}
	if clear(q.messages); cap(q.messages) > keptMessages {
		q.messages = nil
	}
	q.messages = q.messages[:0]
	if len(b.Frames) > 0 {
		return false, nil
	}
	notify, closing = q.notify, q.closing
	q.writing, q.answers, q.notify, q.closing = false, false, false, nil
	return notify, closing
}

// keptMessages is the length of the longest list whose memory an idle queue keeps.
const keptMessages = 16

// Close makes the queue take no more messages. Those in it are still written, then the connection
// is closed with why. It returns start if the connection must be added to the Writers.
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

// Drop makes the queue take no more messages, and forgets those in it.
func (q *Queue) Drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages, q.ended = nil, true
}
