package nodestore

import (
	"context"
	"sync"
)

// Run sends what Redis lacks until ctx is done. Then it writes the marks.
func (s *Store) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { s.sendRows(ctx) })
	all.Go(func() { s.doWork(ctx) })
	all.Wait()
	last, cancel := s.within(context.WithoutCancel(ctx))
	defer cancel()
	_ = s.writeMarks(last)
}

// Flush sends the outbox, and fails if something is left, or ctx is done. What is left is sent when
// this node starts again.
func (s *Store) Flush(ctx context.Context) error {
	for s.waiting() {
		some, err := s.send(ctx)
		if err != nil {
			return err
		}
		if !some && s.waiting() { // else another call has sent it meanwhile
			return errUnsent
		}
	}
	return s.writeMarks(ctx)
}
