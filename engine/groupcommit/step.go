package groupcommit

import "time"

// step steps a room, and returns its row, which is in the arena; nil if it made none. If the lock
// is held the step is left to the room's own goroutine.
func (f *Flusher) step(r Room, now time.Time) (row []byte) {
	defer r.Recover()
	if !r.Lock().TryRun(func() { row, f.arena = r.Step(now, f.arena) }) {
		f.deferredSteps++
		f.deferStep(r, false)
	}
	return row
}

// deferStep leaves the step to the room's own goroutine. With flushNow a flush is due at once.
func (f *Flusher) deferStep(r Room, flushNow bool) {
	slot := r.Slot()
	if slot.stepDeferred.Swap(true) {
		return
	}
	r.Lock().Defer(func() {
		slot.stepDeferred.Store(false)
		now := time.Now()
		if flushNow {
			r.FlushNow(now)
		}
		row, _ := r.Step(now, nil)
		f.AddRow(r, row)
	})
}

// LongRow is the length from which on a row is sent by its room's own goroutine: splitting some
// megabytes of small structs takes tenths of a second, and other rooms wait for the Flusher.
const LongRow = 256 << 10

// committed lets a room send its updates, which are durable. If the row is long, or the lock held,
// it is left to the room's own goroutine, and the arena with it, as it may hold the row.
func (f *Flusher) committed(r Room, row *Row, now time.Time) {
	defer r.Recover()
	seq := row.Seq
	if len(row.Data) >= LongRow || !r.Lock().TryRun(func() { r.Committed(seq, now) }) {
		f.arena = nil
		r.Lock().Defer(func() { r.Committed(seq, now) })
	}
}

// refused returns a row to its room that the store has refused, and with it the arena, as that may
// hold the row.
func (f *Flusher) refused(r Room, row Row, now time.Time) {
	f.arena = nil
	runLocked(r, func() { r.Refused(row.Data, row.Err, now) })
}
