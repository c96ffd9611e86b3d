package load

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// ErrStreamEnds is returned by Run if the stream has fewer updates than are to be sent.
var ErrStreamEnds = errors.New("the stream is too short")

// Run lets the writers send updates, each from where its last run ended, and returns when all have
// arrived, or Patience after the last was due. Its error is one of the clients; failures of the
// server are in the Report.
func (f *Fleet) Run(ctx context.Context, p Pace) (Report, error) {
	s := f.newSchedule(p)
	if s.first+s.updates > uint64(f.stream.Len()) {
		return Report{}, ErrStreamEnds
	}
	latency, late := NewLatencies(), NewLatencies()
	r := Report{Latency: latency, Late: late}
	f.begin(s, latency, &r)
	ctx, cancel := context.WithDeadline(ctx, s.start.Add(p.For+p.Patience))
	defer cancel()
	defer context.AfterFunc(f.ctx, cancel)()

	r.Sent = f.write(ctx, s, late)
	if r.Due > 0 {
		select {
		case <-f.reached:
		case <-ctx.Done():
		}
	} else if p.Renew > 0 {
		f.renew(ctx, s)
	}
	f.end(s, &r)
	return r, f.err()
}

func (f *Fleet) begin(s *schedule, latency Latencies, r *Report) {
	r.Due = s.updates * uint64(s.writers) * uint64(f.shape.receivers())
	f.goal.Store(r.Due)
	for _, c := range []*counter{&f.delivered, &f.repeated, &f.moves, &f.frames, &f.bytes} {
		c.Store(0)
	}
	select {
	case <-f.reached:
	default:
	}
	f.latency.Store(&latency)
	f.plan.Store(s)
}

func (f *Fleet) end(s *schedule, r *Report) {
	r.Took = time.Since(s.start)
	f.plan.Store(nil) // updates that are sent to new clients from here on are not late
	f.written += s.updates
	r.Delivered, r.Repeated = f.delivered.Load(), f.repeated.Load()
	r.Moves, r.Frames, r.Bytes = f.moves.Load(), f.frames.Load(), f.bytes.Load()
}

// write returns when the writers have sent everything or ctx is done, with the number of updates
// sent.
func (f *Fleet) write(ctx context.Context, s *schedule, late Latencies) (sent uint64) {
	var all sync.WaitGroup
	var total counter
	for _, c := range f.clients {
		if c.writes() {
			all.Go(func() { total.Add(c.write(ctx, s, late)) })
		}
	}
	all.Wait()
	return total.Load()
}

// write sends a writer's updates and moves when they are due.
func (c *client) write(ctx context.Context, s *schedule, late Latencies) (sent uint64) {
	var payload, update []byte
	for u, m := uint64(0), uint64(0); u < s.updates || m < s.moves; {
		due, move := c.next(s, u, m)
		if !wait(ctx, due) {
			return u
		}
		if move {
			if c.move(s.first+u) != nil {
				return u
			}
			m++
			continue
		}
		late.Add(time.Since(due))
		update = c.fleet.stream.Append(update[:0], int(s.first+u), c.id)
		payload = c.proto.Append(payload[:0], protocol.Message{Kind: protocol.Update, Body: update})
		if c.socket.WriteMessage(c.opcode(), payload) != nil {
			return u
		}
		u++
	}
	return s.updates
}

// next returns when the next update or move is due, after u updates and m moves, and whether it is
// a move.
func (c *client) next(s *schedule, u, m uint64) (due time.Time, move bool) {
	if u < s.updates {
		due = s.updateDue(c.writer(), s.first+u)
	}
	if m < s.moves {
		if at := s.moveDue(c.writer(), m); due.IsZero() || at.Before(due) {
			return at, true
		}
	}
	return due, false
}

// renew renews the awareness of one client after another, as y-websocket clients do: of one in each
// room, then of another in each.
func (f *Fleet) renew(ctx context.Context, s *schedule) {
	gap := s.pace.Renew / time.Duration(len(f.clients))
	for k := 0; time.Duration(k)*gap < s.pace.For; k++ {
		room, seat := k%f.shape.Rooms, k/f.shape.Rooms%f.shape.Clients
		c := f.clients[room*f.shape.Clients+seat]
		if !wait(ctx, s.start.Add(time.Duration(k)*gap)) || c.sendAwareness() != nil {
			return
		}
	}
}

// wait returns false when ctx is done before it is time.
func wait(ctx context.Context, until time.Time) bool {
	d := time.Until(until)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
