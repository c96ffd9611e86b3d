package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// base is the state of the record that a room's document goes back to. While the
// document's Markdown has this hash there is nothing to save.
type base struct {
	mark  Mark
	hash  [sha256.Size]byte // of the record's Markdown, as the document would write it
	whole bool              // it is what editors are shown; otherwise there may be a draft
	turn  uint64            // counts the bases that the room had; 0: it has none
}

func (b base) known() bool { return b.turn > 0 }

// covers says that there is nothing to learn from a text: the record is what it was,
// or there may be a draft that is not shown.
func (b base) covers(now Text) bool {
	if b.whole && !now.Whole {
		return true
	}
	return b.whole == now.Whole && b.known() && now.Mark == b.mark && now.Mark != ""
}

func hashOf(markdown string) [sha256.Size]byte { return sha256.Sum256([]byte(markdown)) }

// A note is a base as it is journaled and put into snapshots:
//
//	form:byte = 1  turn:varUint  flags:byte (1: whole)  hash:32 bytes  mark:rest
const (
	noteForm  = 1
	noteWhole = 1
	noteRoom  = 128 // what a note of a usual mark needs at most
)

// MaxMark is the length of the longest Mark that is remembered, in bytes. A longer
// one is not known, so that the record seems to have changed.
const MaxMark = 512

var errNote = errors.New("note is of an unknown form")

// appendNote appends nothing where there is no base.
func appendNote(dst []byte, b base) []byte {
	if !b.known() {
		return dst
	}
	dst = binary.AppendUvarint(append(dst, noteForm), b.turn)
	flags := byte(0)
	if b.whole {
		flags = noteWhole
	}
	dst = append(append(dst, flags), b.hash[:]...)
	if len(b.mark) > MaxMark {
		return dst
	}
	return append(dst, b.mark...)
}

func parseNote(note []byte) (b base, err error) {
	if len(note) == 0 || note[0] != noteForm {
		return b, errNote
	}
	turn, n := binary.Uvarint(note[1:])
	rest := note[1+max(n, 0):]
	if n <= 0 || turn == 0 || len(rest) < 1+len(b.hash) || rest[0]&^noteWhole != 0 {
		return b, errNote
	}
	b.turn, b.whole = turn, rest[0] == noteWhole
	b.mark = Mark(rest[1+copy(b.hash[:], rest[1:]):])
	return b, nil
}

// recall makes the base of a note the base, if it is newer: rows may be in the snapshot too.
func (b *base) recall(note []byte) error {
	if note == nil {
		return nil
	}
	of, err := parseNote(note)
	if err == nil && of.turn > b.turn {
		*b = of
	}
	return err
}

// recallAll does so for those in rows, which have been parsed.
func (b *base) recallAll(rows [][]byte) error {
	for i, row := range rows {
		_, note, _, _ := splitRow(row)
		if err := b.recall(note); err != nil {
			return fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
	}
	return nil
}

// rebase makes b what the document goes back to, and has that journaled; mu is held.
func (r *room) rebase(mark Mark, hash [sha256.Size]byte, whole bool) {
	was := r.record.base
	b := base{mark, hash, whole, was.turn}
	if was.known() && b == was {
		return
	}
	b.turn++
	r.record.base, r.record.news = b, true
	r.touch(time.Now())
}
