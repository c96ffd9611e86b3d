package recordsync

import "context"

// workLock is held by the goroutine that compares a room's document with its record, or
// saves it: one at a time. It comes before the room's lock.
type workLock struct {
	held   chan struct{}
	worker Worker // that holds it; nil: a goroutine that nothing but its own room waits for
}

func newWorkLock() workLock { return workLock{held: make(chan struct{}, 1)} }

// lock waits until ctx is done. w may be nil.
func (l *workLock) lock(ctx context.Context, w Worker) error {
	select {
	case l.held <- struct{}{}:
		l.worker = w
		return nil
	default:
	}
	if w != nil {
		w.beginWait()
		defer w.endWait()
	}
	select {
	case l.held <- struct{}{}:
		l.worker = w
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *workLock) unlock() {
	l.worker = nil
	<-l.held
}

// lock takes the room's lock for the holder of the work lock.
func (r *Record) lock() {
	if r.room.TryLock() {
		return
	}
	if w := r.work.worker; w != nil {
		w.beginWait()
		defer w.endWait()
	}
	r.room.Lock()
}

func (r *Record) unlock() { r.room.Unlock() }
