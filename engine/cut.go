package engine

import (
	"bytes"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// takeCut takes a cut, unless one waits to be committed, and returns its row, appended to arena. If
// it takes none it sends presence, which does not wait for the store.
func (r *room) takeCut(arena []byte) (row, _ []byte) {
	if r.commit.pending || !r.doc.HasChanges() && !r.record.Unjournaled() {
		r.flushPresence()
		return nil, arena
	}
	start := len(arena)
	arena = r.appendRowHeader(arena)
	header := len(arena) - start
	if r.doc.HasChanges() {
		arena = r.doc.AppendChanges(arena)
	} else {
		arena = append(arena, emptyUpdate...)
	}
	row = arena[start:len(arena):len(arena)]
	r.commit.pending = true
	r.unflushed.Store(0)
	c := &r.commit.cut
	c.update, c.version = row[header:], r.version
	c.author, r.commit.author = r.commit.author, nil
	c.joint, r.commit.joint = r.commit.joint, false
	c.since, r.commit.since = r.commit.since, 0
	c.seed = r.commit.durable == 0 && r.version == r.record.SeededAt() && r.version > 0
	c.answers = r.takeAnswers()
	c.receipts = r.takeReceipts(c.receipts[:0])
	if r.e.flusher.Behind() {
		r.delay()
	}
	return row, arena
}

// appendRowHeader appends the header of the next row, with the merge base, the claims and the
// incarnation if they are in no row yet, and the authors as far as no row says them yet.
func (r *room) appendRowHeader(arena []byte) []byte {
	var f snapshot.Fields
	if r.record.Unjournaled() {
		f.Note = r.record.AppendRowNote(make([]byte, 0, recordsync.NoteRoom))
		f.Claims = r.record.AppendRowClaims(nil)
	}
	if r.unnamed {
		f.Incarnation, r.unnamed = r.incarnation, false
	}
	f.Authors = r.authorsOfRow()
	return stored.AppendRowHeader(arena, r.version, f)
}

// finish sends everything that waited for the cut's row, which is durable now and has the number
// seq: presence, answers, the update, receipts. Peers that are sent an answer are sent the update
// too, as its writer among them waits for the echo. mu is held.
func (r *room) finish(seq uint64, now time.Time) {
	if r.state == stateGone {
		return
	}
	if !r.e.cfg().NoJournal {
		r.saving.seq = seq
	}
	r.flushPresence()
	c := &r.commit.cut
	for _, a := range c.answers {
		r.sendAnswer(a)
	}
	if !bytes.Equal(c.update, emptyUpdate) {
		r.publish(c.update, c.version, c.from(), c.loneAuthor())
		r.e.metrics.published(c.since, r.e.clock(r.lastSent))
		r.cutDurable(c, now)
	}
	for _, got := range c.receipts {
		got.peer.acknowledge(got.count, c.version)
	}
	r.commit.isDurable(c.version)
	r.record.RowDurable()
	r.commit.end()
	r.rowAccepted()
	r.endDelay()
	if r.saving.unsavedFrom.IsZero() {
		r.saving.unsavedFrom = now
	}
	if r.doc.HasChanges() {
		r.scheduleFlush(now)
	} else {
		r.ackRest()
		r.answerWaiting()
	}
	if r.record.Unjournaled() {
		r.scheduleFlush(now)
	}
	r.flushedFrozen(now)
	r.reschedule()
}
