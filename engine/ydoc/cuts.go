package ydoc

import (
	"math/bits"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// Where a state is cut. Pieces are long, as what is compressed apart cannot refer
// to each other, and few bytes are in those that change with the next keystroke.
const (
	minPiece   = 32 << 10 // of structs; a client with less is not cut from the others
	maxPiece   = 1 << 20  // further back compressors do not look
	minTail    = 4 << 10  // what is cut off where a client goes on writing is no longer than
	maxTail    = 64 << 10 // something in between
	minDeletes = 16 << 10 // of the delete set
)

// AppendStateCuts appends to dst what AppendState does, and to cuts where it may be
// cut: ascending offsets from its start, so that later states of the document
// have most of the pieces too, byte for byte. A small document has no cuts. What
// they are is no promise: callers have to compare the pieces.
func (d *Doc) AppendStateCuts(dst []byte, cuts []int) ([]byte, []int) {
	at := cutter{cuts: cuts, start: len(dst)}
	dst = lib0.AppendUvarint(dst, uint64(d.order.len))
	for pos := range d.order.all() {
		dst = d.clients[pos].appendCut(dst, &at)
	}
	return d.appendDeletes(dst, &at), at.cuts
}

// appendCut appends the client's section. If it is long, its structs are cut from
// what changes with each of them: the section's head, and where they end.
func (c *client) appendCut(dst []byte, at *cutter) []byte {
	if at.since(dst) >= minPiece && chosen(c.id, 4) {
		at.cut(dst)
	}
	dst = c.appendFrom(dst, 0)
	if len(c.buf) < minPiece {
		return dst
	}
	structs := len(dst) - len(c.buf)
	for n := 0; n <= len(c.buf); n += maxPiece {
		at.cut(dst[:structs+n])
	}
	at.cut(dst[:structs+steady(len(c.buf))])
	return dst
}

// steady is how many of n bytes, behind which more are written, are cut from the
// rest. It seldom changes while n grows.
func steady(n int) int {
	whole := n / maxPiece * maxPiece
	n -= whole
	step := min(max(1<<bits.Len(uint(n/8))/2, minTail), maxTail)
	return whole + n/step*step
}

// chosen says so of one in oneIn numbers, a power of two: most of the places are
// found again when some numbers are new and some are gone.
func chosen(n, oneIn uint64) bool { return n*0x9e3779b97f4a7c15>>32&(oneIn-1) == 0 }

// cutter collects where a state may be cut. To nil it may not be.
type cutter struct {
	cuts  []int
	start int // of the state in its buffer
	last  int // of the cuts, 0 if there is none
}

// cut cuts behind what has been written.
func (c *cutter) cut(written []byte) {
	if n := c.since(written); n > 0 {
		c.last += n
		c.cuts = append(c.cuts, c.last)
	}
}

// since is how much has been written since the last cut, in bytes.
func (c *cutter) since(written []byte) int {
	if c == nil {
		return 0
	}
	return len(written) - c.start - c.last
}
