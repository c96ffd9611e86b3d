package nodestore

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// enqueue adds rows that are on the disk to the outboxes of their rooms, and refuses those of rooms
// that this node does not have. It copies them.
func (s *Store) enqueue(rows []Row) {
	size := 0
	for i := range rows {
		size += len(rows[i].Data)
	}
	memory := make([]byte, 0, size)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range rows {
		row := &rows[i]
		if row.Err != nil {
			continue
		}
		r := s.roomLocked(row.Room)
		if r.last = max(r.last, row.Seq); !r.owned {
			s.addWorkLocked(r, workOffer)
			row.Err = notOwner{}
			continue
		}
		if row.Seq <= r.sent {
			continue // Redis has it: the whole state was sent since the disk has the row
		}
		if r.incarnation == 0 {
			r.incarnation = snapshot.Rank(roomstate.IncarnationOf(row.Data))
		}
		start := len(memory)
		memory = append(memory, row.Data...)
		s.addRow(r, Row{Room: row.Room, Data: memory[start:len(memory):len(memory)], Seq: row.Seq})
	}
	ask(s.rowsDue)
}

// addRow adds a row to the outbox of a room, or makes that the whole state. mu is held.
func (s *Store) addRow(r *room, row Row) {
	if s.c.Redis {
		r.held = row
	}
	if r.since.IsZero() {
		r.since = time.Now()
	}
	if r.whole {
		return
	}
	if s.bytes+int64(len(row.Data)) > s.c.OutboxBytes {
		s.sendWholeLocked(r)
		return
	}
	r.rows = append(r.rows, row)
	r.bytes += int64(len(row.Data))
	s.bytes += int64(len(row.Data))
	if !r.queued {
		r.queued = true
		s.outbox = append(s.outbox, r)
	}
}

// sendWholeLocked makes the whole state of a room be sent, in place of its rows.
func (s *Store) sendWholeLocked(r *room) {
	s.dropRowsLocked(r)
	r.whole = true
	if r.since.IsZero() {
		r.since = time.Now()
	}
	s.addWorkLocked(r, workSnapshot)
}

// maxSent is about how many bytes of rows are sent at a time, and maxRoomSent of one room.
const (
	maxSent     = 4 << 20
	maxRoomSent = 512 << 10
)

// batch is what is sent at a time.
type batch struct {
	rows  []cluster.FencedRow
	rooms []*room  // by the same index
	seqs  []uint64 // by the same index
}

// take takes rows of the outbox: of the rooms whose turn it is, but for those to be disowned, whose
// rows would be refused again.
func (s *Store) take(now time.Time) (b batch) {
	s.mu.Lock()
	s.clearOutbox() // rows may have been dropped, or sent with a whole state
	rooms := make([]*room, len(s.outbox))
	copy(rooms, s.outbox)
	s.mu.Unlock()
	size := 0
	for n, r := range rooms {
		lease, ok := s.c.Node.Lease(r.name) // its lock is not taken under mu
		s.mu.Lock()
		if ok && !r.rowsAt.After(now) && r.work&workDropped == 0 {
			size += b.add(r, lease)
		}
		s.mu.Unlock()
		if size > maxSent {
			s.turn(rooms[:n+1])
			break
		}
	}
	return b
}

// add adds rows of a room: at least one.
func (b *batch) add(r *room, lease cluster.Lease) (size int) {
	for _, row := range r.rows {
		b.rows = append(b.rows, cluster.FencedRow{
			Lease: lease, Incarnation: r.incarnation, Data: row.Data,
		})
		b.rooms, b.seqs = append(b.rooms, r), append(b.seqs, row.Seq)
		if size += len(row.Data); size > maxRoomSent {
			break
		}
	}
	return size
}

// turn moves rooms, with which the outbox begins, to its end.
func (s *Store) turn(rooms []*room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox = append(s.outbox[len(rooms):], rooms...)
}

// send sends rows of the outbox. It returns false if there was nothing that can be sent.
func (s *Store) send(ctx context.Context) (some bool, err error) {
	if err := s.sending.acquire(ctx); err != nil {
		return false, err
	}
	defer s.sending.release()
	b := s.take(time.Now())
	if len(b.rows) == 0 {
		return false, nil
	}
	call, cancel := s.within(ctx)
	defer cancel()
	err = s.c.Shared.Append(call, b.rows)
	s.sent(&b, err)
	s.noteFailure(err)
	return true, err
}

// sent takes the answers.
func (s *Store) sent(b *batch, failure error) {
	refusals := map[*room]int{}
	s.mu.Lock()
	stopped := map[*room]bool{} // a row of it was not taken
	for i, row := range b.rows {
		r := b.rooms[i]
		switch {
		case stopped[r]:
		case failure != nil && row.At == (cluster.Position{}), row.Err != nil:
			stopped[r] = true
			if row.Err != nil && isRefusal(row.Err) {
				refusals[r] = i
			} else if failure == nil {
				r.rowsAt = time.Now().Add(pause(r.rowFailures))
				r.rowFailures++
			}
		default:
			s.sentRow(r, b.seqs[i], row.At)
		}
	}
	s.clearOutbox()
	s.mu.Unlock()
	for r, i := range refusals {
		s.refused(r, b.rows[i].Lease, b.rows[i].Err)
	}
}

// sentRow notes that Redis has a row, and all before it. mu is held.
func (s *Store) sentRow(r *room, seq uint64, at cluster.Position) {
	r.rowFailures, r.rowsAt = 0, time.Time{}
	if !r.owned || r.whole || seq <= r.sent {
		return
	}
	r.sent = seq
	s.bytes -= r.clearRows(seq)
	r.note(seq, at)
	r.passed()
	s.markOwned(r)
}

// markOwned sets the mark of a room that this node has. mu is held.
func (s *Store) markOwned(r *room) {
	s.setMark(Mark{
		Room: r.name, Incarnation: r.incarnation, Sent: r.sent, Whole: r.whole,
		Generation: s.marks[r.name].Generation,
	})
}

// clearOutbox takes the rooms out of the outbox that have no rows any more. mu is held.
func (s *Store) clearOutbox() {
	rest := s.outbox[:0]
	for _, r := range s.outbox {
		if r.queued = len(r.rows) > 0; r.queued {
			rest = append(rest, r)
		}
	}
	clear(s.outbox[len(rest):])
	s.outbox = rest
}

// noteFailure logs the first failure, and the end of failures.
func (s *Store) noteFailure(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.failure = err; {
	case err == nil && s.failures > 0:
		s.c.Log.Info("updates can be sent to Redis again", slog.Int("failures", s.failures))
		s.failures = 0
	case err != nil:
		if s.failures++; s.failures == 1 {
			s.c.Log.Error("updates cannot be sent to Redis; they wait", slog.Any("reason", err))
		}
		s.count.failures.Inc()
	}
}

// sendRows sends rows as they come until ctx is done.
func (s *Store) sendRows(ctx context.Context) {
	for {
		select {
		case <-s.rowsDue:
		case <-ctx.Done():
			return
		}
		for s.waiting() {
			if sleep(ctx, s.delay()) != nil {
				return
			}
			for some := true; some && ctx.Err() == nil; {
				var err error
				if some, err = s.send(ctx); err != nil {
					break
				}
			}
			_ = s.writeMarks(ctx)
		}
	}
}

// waiting reports whether there are rows to be sent.
func (s *Store) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.outbox) > 0
}

// delay returns how long to wait before rows are sent.
func (s *Store) delay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures > 0 {
		return max(s.c.Delay, pause(s.failures-1))
	}
	return s.c.Delay
}

// isHeld reports whether a row is on the disk already: the engine appends it again, as Redis had
// not taken it.
func (r *room) isHeld(data []byte) bool {
	return r.held.Seq != 0 && bytes.Equal(r.held.Data, data)
}
