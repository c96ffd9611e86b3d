package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/civicpress/civic-realtime/persist"
)

// leftover is what a killed process left in its tail.
type leftover struct {
	rows    []row            // newer than all in the database
	last    uint64           // the newest number in any record, whole or not
	commits uint64           // how many transactions of the database a record knows of
	damage  []persist.Damage // what is not there; with a Seq where it is a row that was on the disk
}

// readTail reads the tail at path, which need not be there.
func readTail(path string, last uint64) (l leftover, err error) {
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l, err
	}
	return parseTail(b, last), nil
}

// parseTail finds the rows newer than last. A record that is not whole ends them where
// nothing newer is behind it: the process died, or the power went, while it was written.
// With newer records behind it it had been on the disk, if the tail was synced, and then
// it is damaged; else a power cut may have taken any of them, and what is before it is kept.
func parseTail(b []byte, last uint64) (l leftover) {
	l.last = last
	if rows, old := readOldTail(b, last); old {
		if l.rows = rows; len(rows) > 0 {
			l.last = rows[len(rows)-1].key.seq()
		}
		return l
	}
	l.incomplete(b)
	for at, number := int64(0), uint64(0); at < int64(len(b)); {
		h, found := readHead(b[at:])
		if !found || h.first <= l.last || number != 0 && h.tail != number {
			next := l.search(b, at, number)
			if next < 0 {
				break
			}
			if h, _ = readHead(b[next:]); l.hole(b, h, next-at) {
				break
			}
			at = next
		}
		number = h.tail
		if l.record(b, at, h) {
			break
		}
		at += h.size()
	}
	return l
}

// sector is what every disk writes as one. The heads of a tail's first record are in one.
const sector = 512

// incomplete notes that the file's beginning or end is missing.
func (l *leftover) incomplete(b []byte) {
	h, found := readHead(b)
	switch {
	case !found && len(bytes.Trim(b[:min(len(b), sector)], "\x00")) > 0:
		l.damage = append(l.damage, persist.Damage{Reason: tailName + " does not begin as it should; whose rows began it cannot be said"})
	case found && h.flags&flagSynced != 0 && len(b) < readyTail:
		l.damage = append(l.damage, persist.Damage{Reason: fmt.Sprintf("%s was cut to %d bytes; whose rows were behind them cannot be said", tailName, len(b))})
	}
}

// search returns where the next newer record behind at begins, -1 if there is none.
func (l *leftover) search(b []byte, at int64, number uint64) int64 {
	mark := binary.BigEndian.AppendUint32(nil, recordMark)
	for at++; at < int64(len(b)); at++ {
		n := bytes.Index(b[at:], mark)
		if n < 0 {
			return -1
		}
		at += int64(n)
		if h, ok := readHead(b[at:]); ok && h.first > l.last && (number == 0 || h.tail == number) {
			return at
		}
	}
	return -1
}

// hole notes that there is nothing to be read before the record with head h, and says
// whether that ends what is read.
func (l *leftover) hole(b []byte, h recordHead, size int64) (end bool) {
	what := fmt.Sprintf("%d bytes of %s with up to %d rows cannot be read, nor whose they are", size, tailName, h.first-l.last-1)
	if h.flags&flagSynced == 0 {
		l.damage = append(l.damage, persist.Damage{Reason: what + ", and what came after them is left out"})
		return true
	}
	l.damage = append(l.damage, persist.Damage{Reason: what})
	return false
}

// record takes the rows of one, and says whether that ends what is read.
func (l *leftover) record(b []byte, at int64, h recordHead) (end bool) {
	rows := h.readRows(b[at:min(at+h.size(), int64(len(b)))])
	before := l.last
	l.commits, l.last = max(l.commits, h.commits), max(l.last, h.first+uint64(h.count)-1)
	whole := true
	for _, r := range rows {
		whole = whole && r.ok
	}
	behind := !whole && l.search(b, at, h.tail) >= 0
	if !whole && (!behind || h.flags&flagSynced == 0) {
		l.torn(rows, h, behind)
		return true
	}
	for _, r := range rows {
		l.row(r, before)
	}
	return false
}

func (l *leftover) row(r readRow, last uint64) {
	switch {
	case r.key.seq() <= last:
		return
	case !r.ok:
		l.damage = append(l.damage, persist.Damage{Room: r.room, Seq: r.key.seq(), Reason: tailName + ": " + errSum.Error()})
		return
	case r.bit:
		l.damage = append(l.damage, persist.Damage{Room: r.room, Reason: fmt.Sprintf("a bit of row %d in %s was wrong and is put right", r.key.seq(), tailName), Harmless: true})
	}
	l.rows = append(l.rows, r.row)
}

// torn notes a commit that is not there whole. Nobody was told of it if it was under way
// when the process ended: that is what the end of a tail usually looks like.
func (l *leftover) torn(rows []readRow, h recordHead, behind bool) {
	var of []string
	for _, r := range rows {
		if name := fmt.Sprintf("%q", r.room); r.room != "" && len(of) < 10 && (len(of) == 0 || of[len(of)-1] != name) {
			of = append(of, name)
		}
	}
	d := persist.Damage{Harmless: !behind, Reason: fmt.Sprintf("the last commit in %s, of %d rows of rooms %s, is not whole and is left out", tailName, h.count, strings.Join(of, ", "))}
	if behind {
		d.Reason = fmt.Sprintf("a commit in %s, of %d rows of rooms %s, is not whole; it and what came after it are left out", tailName, h.count, strings.Join(of, ", "))
	}
	l.damage = append(l.damage, d)
}

// readOldTail reads what layouts before 3 had: records of a length, a CRC-32C and rows.
func readOldTail(b []byte, last uint64) (rows []row, old bool) {
	const rowHead = 4 + keyLen
	for {
		if len(b) < 4+sumLen {
			return rows, old
		}
		n, sum := uint64(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint32(b[4:])
		b = b[4+sumLen:]
		if n == 0 || n > uint64(len(b)) || checksum(b[:n]) != sum {
			return rows, old
		}
		old = true
		for body := b[:n]; len(body) >= rowHead; {
			n := rowHead + int(binary.BigEndian.Uint32(body))
			if r := (row{rowKey(body[4:]), body[rowHead:n:n]}); r.key.seq() > last {
				rows, last = append(rows, r), r.key.seq()
			}
			body = body[n:]
		}
		b = b[n:]
	}
}
