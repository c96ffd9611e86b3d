package wal

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

// Contents is the content of a log that a killed process left.
type Contents struct {
	Rows   []Row            // newer than all in the database
	Last   uint64           // the newest sequence number in any record, damaged or not
	Txid   uint64           // the newest transaction of the database that a record knows of
	Damage []persist.Damage // losses; with a Seq if it is a row that was on the disk
}

// Read reads the log at path, which need not exist. last is the newest sequence number in the
// database.
func Read(path string, last uint64) (Contents, error) {
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Contents{}, err
	}
	return parse(b, last), nil
}

// parse finds the rows newer than last. A damaged record ends them if no newer one is behind it:
// the process or the power ended while it was written. With newer records behind it, the record of
// a synced log had been on the disk, so it is reported, and reading continues. A log that is not
// synced may have lost any records in a power cut: the rows before the damaged one are kept.
func parse(b []byte, last uint64) (c Contents) {
	c.Last = last
	if rows, old := parseOldLog(b, last); old {
		if c.Rows = rows; len(rows) > 0 {
			c.Last = rows[len(rows)-1].Key.Seq()
		}
		return c
	}
	c.checkEnds(b)
	for at, log := int64(0), uint64(0); at < int64(len(b)); {
		h, found := parseHeader(b[at:])
		if !found || h.first <= c.Last || log != 0 && h.log != log {
			next := c.search(b, at, log)
			if next < 0 {
				break
			}
			if h, _ = parseHeader(b[next:]); c.gap(&h, next-at) {
				break
			}
			at = next
		}
		log = h.log
		if c.record(b, at, &h) {
			break
		}
		at += h.size()
	}
	return c
}

func (c *Contents) report(format string, args ...any) {
	c.Damage = append(c.Damage, persist.Damage{Reason: fmt.Sprintf(format, args...)})
}

// checkEnds reports that the file's beginning or end is missing.
func (c *Contents) checkEnds(b []byte) {
	h, found := parseHeader(b)
	switch {
	case !found && len(bytes.Trim(b[:min(len(b), sectorSize)], "\x00")) > 0:
		c.report("%s does not begin with a record; the rooms of the rows that began it are not known", FileName)
	case found && h.synced() && len(b) < readySize:
		c.report("%s was cut to %d bytes; the rooms of the rows behind them are not known", FileName, len(b))
	}
}

// search returns where the next newer record behind at begins, -1 if there is none.
func (c *Contents) search(b []byte, at int64, log uint64) int64 {
	magic := binary.BigEndian.AppendUint32(nil, recordMagic)
	for at++; at < int64(len(b)); at++ {
		n := bytes.Index(b[at:], magic)
		if n < 0 {
			return -1
		}
		at += int64(n)
		if h, ok := parseHeader(b[at:]); ok && h.first > c.Last && (log == 0 || h.log == log) {
			return at
		}
	}
	return -1
}

// gap reports a gap of size bytes before the record with header h, and returns whether reading ends
// there.
func (c *Contents) gap(h *header, size int64) (end bool) {
	const what = "%d bytes of %s with up to %d rows cannot be read; their rooms are not known"
	if !h.synced() {
		c.report(what+", and what came after them is left out", size, FileName, h.first-c.Last-1)
		return true
	}
	c.report(what, size, FileName, h.first-c.Last-1)
	return false
}

// record takes the rows of a record, and returns whether reading ends there.
func (c *Contents) record(b []byte, at int64, h *header) (end bool) {
	rows := h.parseRows(b[at:min(at+h.size(), int64(len(b)))])
	before := c.Last
	c.Txid, c.Last = max(c.Txid, h.txid), max(c.Last, h.last())
	intact := true
	for _, r := range rows {
		intact = intact && r.ok
	}
	behind := !intact && c.search(b, at, h.log) >= 0
	if !intact && (!behind || !h.synced()) {
		c.torn(rows, h, behind)
		return true
	}
	for _, r := range rows {
		c.row(r, before)
	}
	return false
}

func (c *Contents) row(r parsedRow, last uint64) {
	seq := r.Key.Seq()
	switch {
	case seq <= last:
		return
	case !r.ok:
		why := FileName + ": " + ErrChecksum.Error()
		c.Damage = append(c.Damage, persist.Damage{Room: r.room, Seq: seq, Reason: why})
		return
	case r.corrected:
		c.Damage = append(c.Damage, persist.Damage{Room: r.room, Harmless: true,
			Reason: fmt.Sprintf("a bit of row %d in %s was wrong and is put right", seq, FileName)})
	}
	c.Rows = append(c.Rows, r.Row)
}

// torn reports a record that is not whole. If it is the last record, its Append had not returned
// when the process ended, which is ordinary.
func (c *Contents) torn(rows []parsedRow, h *header, behind bool) {
	var of []string
	for _, r := range rows {
		name := fmt.Sprintf("%q", r.room)
		if r.room != "" && len(of) < 10 && (len(of) == 0 || of[len(of)-1] != name) {
			of = append(of, name)
		}
	}
	format := "the last commit in %s, of %d rows of rooms %s, is not whole and is left out"
	if behind {
		format = "a commit in %s, of %d rows of rooms %s, is not whole; " +
			"it and what came after it are left out"
	}
	why := fmt.Sprintf(format, FileName, h.count, strings.Join(of, ", "))
	c.Damage = append(c.Damage, persist.Damage{Harmless: !behind, Reason: why})
}
