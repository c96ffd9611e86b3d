package mux

import "time"

// writeDelay is how long a frame waits for others, unless much is to be written, or the other node
// may wait for it. Where a processor is idle the writer runs as soon as there is a frame, and would
// write each by itself; a write, and the read on the other node, cost more than a message.
const writeDelay = time.Millisecond

const (
	// keptBuffer is the capacity of buffers that an idle session keeps. Larger ones are dropped.
	keptBuffer = 64 << 10
	// keepLarge is how long nothing is written before larger buffers are dropped. It is longer than
	// a tick of the engine, so that those of a busy session are used again.
	keepLarge = time.Second
)

// writer is the state of the goroutine that writes.
type writer struct {
	session *Session
	buf     []byte      // is being written; then swapped with Session.out
	waiting []*Stream   // swapped with Session.waiting
	delay   *time.Timer // fires when frames have waited for others
	large   bool        // there are buffers larger than keptBuffer
	quiet   *time.Timer // fires when large buffers are to be dropped
}

// writeFrames writes all frames, until the session ends.
func (s *Session) writeFrames() {
	w := &writer{session: s, delay: time.NewTimer(writeDelay), quiet: time.NewTimer(keepLarge)}
	defer w.delay.Stop()
	defer w.quiet.Stop()
	for w.awaitFrames() {
		if err := w.write(); err != nil {
			_ = s.end(err)
			return
		}
		w.wakeStreams()
		if s.isOver() {
			s.closeWrite()
			return
		}
	}
}

// awaitFrames waits until frames are to be written, and reports whether the session lives.
func (w *writer) awaitFrames() bool {
	var quiet <-chan time.Time
	if w.large {
		w.quiet.Reset(keepLarge)
		quiet = w.quiet.C
	}
	for {
		select {
		case <-w.session.wake:
			w.delay.Reset(writeDelay)
		case <-w.delay.C:
			return true
		case <-w.session.flush:
			return true
		case <-w.session.ended:
			return false
		case <-quiet:
			w.shrink()
			quiet = nil
		}
	}
}

// write writes the frames that there are, in one piece.
func (w *writer) write() error {
	s := w.session
	s.mu.Lock()
	w.buf, s.out = s.out, w.buf[:0]
	w.large = cap(w.buf) > keptBuffer || cap(s.out) > keptBuffer
	s.mu.Unlock()
	if len(w.buf) == 0 { // they were written with earlier ones
		return nil
	}
	_, err := s.conn.Write(w.buf)
	return err
}

// wakeStreams lets the streams send that found the queue full.
func (w *writer) wakeStreams() {
	s := w.session
	s.mu.Lock()
	defer s.mu.Unlock()
	w.waiting, s.waiting = s.waiting, w.waiting[:0]
	for _, st := range w.waiting {
		st.queued = false
		st.callWritable()
	}
	clear(w.waiting)
}

// shrink drops all buffers, unless there are frames again.
func (w *writer) shrink() {
	s := w.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.out) == 0 {
		s.out, w.buf, w.waiting, w.large = nil, nil, nil, false
	}
}
