package nodestore

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// doWork works on rooms until ctx is done.
func (s *Store) doWork(ctx context.Context) {
	slots := make(chan struct{}, workers)
	defer func() {
		for range workers {
			slots <- struct{}{} // waits for those that work
		}
	}()
	for ctx.Err() == nil {
		slots <- struct{}{}
		r, w, wait := s.nextJob(time.Now())
		if r != nil {
			go func() {
				defer func() { <-slots; ask(s.workDue) }()
				s.do(ctx, r, w)
			}()
			continue
		}
		<-slots
		s.waitForWork(ctx, wait)
	}
}

func (s *Store) waitForWork(ctx context.Context, wait time.Duration) {
	var timer <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-s.workDue:
	case <-timer:
	case <-ctx.Done():
	}
}

// do does work on a room. What fails is tried again.
func (s *Store) do(ctx context.Context, r *room, w work) {
	var failed work
	var failure error
	for _, step := range [...]struct {
		of work
		do func(context.Context, *room) error
	}{
		{workDropped, s.disown}, {workLost, s.takeAgain}, {workAsked, s.giveUp},
		{workLate, s.takeLate}, {workSnapshot, s.sendState}, {workOffer, s.offer},
	} {
		if w&step.of == 0 {
			continue
		}
		if err := s.safely(ctx, r, step.do); err != nil {
			failed, failure = failed|step.of, err
		}
	}
	if failure != nil && ctx.Err() == nil && s.persists(r) {
		s.c.Log.Warn("work on a room of the cluster failed; it is tried again",
			slog.String("room", r.name), slog.Any("reason", failure))
	}
	s.worked(r, failed, failure)
	_ = s.writeMarks(ctx)
}

// safely does a step of the work. A panic, as what another node has written may lead to, is a
// failure of this room alone.
func (s *Store) safely(
	ctx context.Context, r *room, step func(context.Context, *room) error,
) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return step(ctx, r)
}
