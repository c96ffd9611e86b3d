package ydoc

import (
	"math/bits"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// AppendStateCuts appends the state like AppendState, and appends to cuts the offsets in it,
// ascending, at which it is to be cut into pieces. Most pieces are the same in later states of the
// document, but the caller must compare them. The state of a small document is not cut.
func (d *Doc) AppendStateCuts(dst []byte, cuts []int) ([]byte, []int) {
	at := cutter{cuts: cuts, start: len(dst)}
	dst = lib0.AppendUvarint(dst, uint64(d.order.len))
	for pos := range d.order.all() {
		dst = d.clients[pos].appendCut(dst, &at)
	}
	return d.appendDeletes(dst, &at), at.cuts
}

// appendCut appends the section of a client. If that is long, its structs are cut from the parts
// that change with every new struct: the header and the end.
func (c *client) appendCut(dst []byte, at *cutter) []byte {
	if at.sinceLast(dst) >= minPiece && hashSelects(c.id, 4) {
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
	at.cut(dst[:structs+stableLen(len(c.buf))])
	return dst
}

// stableLen returns where n bytes are cut from their end, as more will be appended. The result
// seldom changes while n grows.
func stableLen(n int) int {
	whole := n / maxPiece * maxPiece
	n -= whole
	step := min(max(1<<bits.Len(uint(n/8))/2, minRest), maxRest)
	return whole + n/step*step
}
