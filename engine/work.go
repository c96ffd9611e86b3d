package engine

import "context"

// work is held by whoever compares a room's document with its record, or saves it: one
// at a time, and never with the room's lock, which it comes before.
type work struct {
	turn chan struct{}
	by   worker // who holds it; nil: a goroutine that only that room waits for
}

// worker is a member of a crew, as far as rooms know it.
type worker interface {
	stepAside()
	stepBack()
}

func newWork() *work { return &work{turn: make(chan struct{}, 1)} }

// begin waits for the work until ctx is done. by may be nil.
func (w *work) begin(ctx context.Context, by worker) error {
	select {
	case w.turn <- struct{}{}:
		w.by = by
		return nil
	default:
	}
	if by != nil {
		by.stepAside()
		defer by.stepBack()
	}
	select {
	case w.turn <- struct{}{}:
		w.by = by
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *work) end() {
	w.by = nil
	<-w.turn
}

// lockForWork takes the room's lock for whoever holds its work.
func (r *room) lockForWork() {
	if r.try() {
		return
	}
	if by := r.work.by; by != nil {
		by.stepAside()
		defer by.stepBack()
	}
	r.await()
}
