package ydoc

// The lengths that decide where a state is cut, in bytes. Pieces are long, as each is compressed by
// itself. Those that change with the next keystroke are short.
const (
	minPiece   = 32 << 10 // of structs; shorter clients are not cut from others
	maxPiece   = 1 << 20  // about the window of compressors
	minRest    = 4 << 10  // the most after the last cut of a client, if it is short
	maxRest    = 64 << 10 // the same, if it is long
	minDeletes = 16 << 10 // of the delete set
)

// hashSelects reports whether n is selected by its hash, as one in oneIn numbers are, a power of
// two. Cuts at selected numbers stay where they are when other numbers are added or removed.
func hashSelects(n, oneIn uint64) bool { return n*0x9e3779b97f4a7c15>>32&(oneIn-1) == 0 }

// cutter collects cuts. A nil cutter does nothing.
type cutter struct {
	cuts  []int
	start int // offset of the state in its buffer
	last  int // the last cut, 0 for none
}

// cut adds a cut at the end of written.
func (c *cutter) cut(written []byte) {
	if n := c.sinceLast(written); n > 0 {
		c.last += n
		c.cuts = append(c.cuts, c.last)
	}
}

// sinceLast returns the number of bytes written after the last cut.
func (c *cutter) sinceLast(written []byte) int {
	if c == nil {
		return 0
	}
	return len(written) - c.start - c.last
}
