package outbound

import (
	"errors"
	"testing"
)

// TestQueue shows what a queue does with messages beyond its limit, and that Take reports when all
// is written.
func TestQueue(t *testing.T) {
	message := func(c Class) *Message { return &Message{Class: c, Wire: make([]byte, 100)} }
	const limit = 250
	var q Queue
	if start, fits, _ := q.Put(message(Answer), limit); !start || !fits {
		t.Error("the first starts a writer")
	}
	if start, fits, _ := q.Put(message(Update), limit); start || !fits || q.Bytes() != 200 {
		t.Errorf("the second does not; %d bytes", q.Bytes())
	}
	if _, fits, dropped := q.Put(message(Presence), limit); fits || len(dropped) != 1 || q.Bytes() != 100 {
		t.Errorf("the third does not fit: %d dropped, %d bytes", len(dropped), q.Bytes())
	}
	if _, fits, _ := q.Put(message(Notice), limit); !fits || !q.HasAnswer() {
		t.Error("a notice always does, and the answer waits still")
	}
	var b Batch
	if q.Take(&b); len(b.Frames) != 2 || len(b.Labels) != 2 {
		t.Errorf("%d to write with %d labels, want 2", len(b.Frames), len(b.Labels))
	}
	if notify, _ := q.Take(&b); len(b.Frames)+len(b.Labels) > 0 || !notify || q.HasAnswer() {
		t.Error("nobody is notified that all is written")
	}
	if start, fits, _ := q.Put(&Message{Class: Update, Wire: make([]byte, 1000)}, limit); !start || !fits {
		t.Error("an empty queue takes what is larger than its limit")
	}
}

// TestQueueCloses shows that a closed queue takes nothing more, and that the connection is closed
// with the first reason once the queue is written.
func TestQueueCloses(t *testing.T) {
	var q Queue
	var b Batch
	first := errors.New("first")
	q.Put(&Message{Class: Notice, Wire: []byte("a")}, 0)
	if q.Close(first) || q.Close(errors.New("second")) {
		t.Error("a queue that is being written starts a writer")
	}
	q.Put(&Message{Class: Notice, Wire: []byte("b")}, 0)
	if _, closing := q.Take(&b); len(b.Frames) != 1 || closing != nil {
		t.Errorf("%d frames, closing: %v", len(b.Frames), closing)
	}
	if _, closing := q.Take(&b); len(b.Frames) != 0 || closing != first {
		t.Errorf("%d frames, closing: %v", len(b.Frames), closing)
	}
	var idle Queue
	if !idle.Close(first) {
		t.Error("a queue that is not being written starts no writer")
	}
	var dropped Queue
	dropped.Put(&Message{Class: Answer, Wire: []byte("a")}, 0)
	dropped.Drop()
	if _, closing := dropped.Take(&b); dropped.Close(first) || len(b.Frames) != 0 || closing != nil {
		t.Errorf("of a queue that was dropped: %d frames, closing: %v", len(b.Frames), closing)
	}
}
