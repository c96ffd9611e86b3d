package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// cut is what a room had that was new at one moment, on its way to the journal.
type cut struct {
	row      []byte // as journaled; nil when no cut is being committed
	update   []byte // the update in row; empty when there is only a base
	version  uint64 // it leads to
	payments []payment
	receipts []receipt
	author   *Peer // the last of those who wrote it; nil: nobody, the server did
	joint    bool  // there were others
	kept     bool  // row is the room's own, not the flusher's
}

// A journal row is one flushed update and where it leads:
//
//	format:byte = 1  version:varUint  update
//	format:byte = 2  version:varUint  length:varUint  note  update
//
// version is the room's after the update. It is a sum and not a difference, so
// that a row that was stored twice, or is in the snapshot too, counts once. The
// note is the base from the update on, which may hold nothing. They are in one
// row so that no document is ever found without the base that was set with it.
const (
	rowFormat     = 1
	rowFormatNote = 2
)

func appendRowHeader(dst []byte, version uint64) []byte {
	return binary.AppendUvarint(append(dst, rowFormat), version)
}

func appendNoteHeader(dst []byte, version uint64, b base) []byte {
	var scratch [noteRoom]byte
	note := appendNote(scratch[:0], b)
	return codec.AppendBytes(binary.AppendUvarint(append(dst, rowFormatNote), version), note)
}

// parseRow borrows. Its error is an ErrRow, or a *codec.SyntaxError about the update.
func parseRow(row []byte) (version uint64, u codec.CheckedUpdate, err error) {
	version, _, update, err := splitRow(row)
	if err != nil {
		return 0, u, err
	}
	if u, err = codec.CheckUpdate(update); err != nil {
		return 0, u, fmt.Errorf("journal row: %w", err)
	}
	return version, u, nil
}

// splitRow returns a nil note where there is none.
func splitRow(row []byte) (version uint64, note, update []byte, err error) {
	if len(row) == 0 || row[0] != rowFormat && row[0] != rowFormatNote {
		return 0, nil, nil, ErrRow
	}
	version, n := binary.Uvarint(row[1:])
	if n <= 0 {
		return 0, nil, nil, ErrRow
	}
	update = row[1+n:]
	if row[0] == rowFormat {
		return version, nil, update, nil
	}
	length, n := binary.Uvarint(update)
	if n <= 0 || length == 0 || length > uint64(len(update)-n) {
		return 0, nil, nil, ErrRow
	}
	end := n + int(length)
	return version, update[n:end:end], update[end:], nil
}

// step does what is due in the room at now. It returns the row to be committed
// before the room can go on, nil if there is none, appended to arena.
func (r *room) step(now time.Time, arena []byte) (row, _ []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return nil, arena
	}
	if reached(r.reminder, now) {
		r.remind(now)
	}
	if reached(r.quietDue(), now) {
		r.murmur()
	}
	if r.presence.tick(now); r.news() {
		r.touch(now)
	}
	if reached(r.complaintDue(), now) {
		r.complain()
	}
	if reached(r.flushAt, now) {
		r.flushAt, r.lastFlush = time.Time{}, now
		r.hold(now)
		arena = r.begin(arena)
	}
	if save := reached(r.saveDue(), now) || reached(r.unloadDue(), now); save || reached(r.sealDue(), now) {
		r.saving, r.sealOnly = true, !save
		r.e.saver.add(r)
	}
	if reached(r.recordDue(), now) {
		r.record.busy = true
		r.e.clerks.add(r)
	}
	r.reschedule()
	return r.cut.row, arena
}

// begin takes a cut, unless one waits to be committed. Presence does not wait for the store.
func (r *room) begin(arena []byte) []byte {
	if r.committing || !r.doc.HasNovelty() && !r.record.news {
		r.tellPresence()
		return arena
	}
	start := len(arena)
	if r.record.news {
		arena, r.record.news = appendNoteHeader(arena, r.version, r.record.base), false
	} else {
		arena = appendRowHeader(arena, r.version)
	}
	header := len(arena) - start
	if r.doc.HasNovelty() {
		arena = r.doc.AppendNovelty(arena)
	} else {
		arena = append(arena, emptyUpdate...)
	}
	row := arena[start:len(arena):len(arena)]
	r.committing = true
	r.cut.row, r.cut.update, r.cut.kept, r.cut.version = row, row[header:], false, r.version
	r.cut.author, r.cut.joint, r.author, r.joint = r.author, r.joint, nil, false
	r.cut.payments = r.payAll(r.cut.payments[:0])
	r.cut.receipts = r.takeReceipts(r.cut.receipts[:0])
	return arena
}

// keep lets a cut whose commit has failed outlive the flusher's arena.
func (r *room) keep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cut.kept {
		return
	}
	header := len(r.cut.row) - len(r.cut.update)
	r.cut.row = bytes.Clone(r.cut.row)
	r.cut.update, r.cut.kept = r.cut.row[header:], true
}

// finish sends what the commit has made durable: presence, answers, the batch, receipts.
// Those who were answered get the batch too; the writer among them waits for its echo.
func (r *room) finish(seq uint64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return
	}
	if !r.e.cfg.NoJournal {
		r.seq = seq
	}
	r.tellPresence()
	for _, owed := range r.cut.payments {
		r.deliver(owed)
	}
	if !bytes.Equal(r.cut.update, emptyUpdate) {
		r.publish(r.cut.update, r.cut.version, r.cut.from(), r.cut.loneAuthor())
		r.e.metrics.batches.Inc()
	}
	for _, got := range r.cut.receipts {
		got.peer.acknowledge(got.count, r.cut.version)
	}
	clear(r.cut.payments)
	clear(r.cut.receipts)
	r.cut = cut{payments: r.cut.payments[:0], receipts: r.cut.receipts[:0]}
	r.committing = false
	if r.unsavedFrom.IsZero() {
		r.unsavedFrom = now
	}
	if r.doc.HasNovelty() {
		r.touch(now)
	} else {
		r.settleAll()
	}
	if r.record.news {
		r.touch(now)
	}
	r.reschedule()
}

// loneAuthor is who need not be sent the update, having written all of it, and is
// told so by an Ack. For y-websocket the update is the receipt.
func (c *cut) loneAuthor() *Peer {
	if c.joint || c.author == nil || !c.author.proto.Native() {
		return nil
	}
	return c.author
}

// from is who the update is said to be from.
func (c *cut) from() string {
	if c.author == nil {
		return ""
	}
	return c.author.person.ID
}

// eachPart calls f with update, or with the updates it is cut into so that each
// fits a message of p, each valid alone. f borrows them.
func eachPart(update []byte, p codec.Protocol, f func(part []byte)) {
	ydoc.Split(codec.Trust(update), p.MaxUpdate(), f)
}
