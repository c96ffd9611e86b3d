package snapshot

import (
	"hash/crc32"
	"hash/maphash"
)

// Pieces makes one snapshot of a room after the other, and compresses only what
// was not in the one before. It keeps that one's pieces, compressed: about as
// much memory as the snapshot has bytes. The zero value is ready; it is not safe
// for concurrent use.
type Pieces struct {
	algorithm Algorithm
	payload   []byte  // of the pieces, one behind the other
	pieces    []piece // in that order
	spare     []piece
	next      int // where the next piece is likely to be
}

// piece is what is known of a piece without having it.
type piece struct {
	print print
	end   int // in payload; where the one before ends it starts
}

// pieceSize is how much memory a piece takes, in bytes.
const pieceSize = 32

// print tells pieces apart, by a hash that nobody outside of the process can aim
// at. Any change of up to 32 bits in a row the checksum alone tells for sure.
type print struct {
	len  int
	hash uint64
	sum  uint32 // CRC-32C
}

var seed = maphash.MakeSeed()

func printOf(b []byte) print {
	return print{len(b), maphash.Bytes(seed, b), crc32.Checksum(b, castagnoli)}
}

// Append is the function Append for a state that may be cut: cuts are ascending
// offsets in it. What is between two of them is not compressed again as long as
// it stays in the snapshots, whatever comes before it. Without cuts nothing is
// kept, and nothing is where a does not compress.
func (p *Pieces) Append(dst []byte, s Snapshot, cuts []int, a Algorithm) ([]byte, error) {
	return appendForm(dst, s, a, p, cuts)
}

// Size is about the memory that p takes, in bytes.
func (p *Pieces) Size() int {
	return cap(p.payload) + (cap(p.pieces)+cap(p.spare))*pieceSize
}

// appendPayload appends the payload of a state that is cut, and keeps its pieces.
func (p *Pieces) appendPayload(dst, state []byte, cuts []int, a Algorithm) []byte {
	if p.algorithm != a {
		*p = Pieces{algorithm: a}
	}
	f := &forms[a]
	dst = append(dst, f.head...)
	start, from := len(dst), 0
	fresh := p.spare[:0]
	for i := range len(cuts) + 1 {
		to := len(state)
		if i < len(cuts) {
			to = cuts[i]
		}
		print := printOf(state[from:to])
		if old, ok := p.find(print); ok {
			dst = append(dst, old...)
		} else {
			dst = f.piece(dst, state[from:to])
		}
		fresh = append(fresh, piece{print, len(dst) - start})
		from = to
	}
	p.keep(dst[start:], fresh)
	if f.tail == nil {
		return dst
	}
	return f.tail(dst, state)
}

// find returns a piece as it was compressed.
func (p *Pieces) find(print print) (compressed []byte, ok bool) {
	for i := range p.pieces {
		if i += p.next; i >= len(p.pieces) {
			i -= len(p.pieces)
		}
		if p.pieces[i].print == print {
			from := 0
			if i > 0 {
				from = p.pieces[i-1].end
			}
			p.next = i + 1
			return p.payload[from:p.pieces[i].end], true
		}
	}
	return nil, false
}

// keep replaces what is kept, in the memory that it is in if that is of about the right size.
func (p *Pieces) keep(payload []byte, pieces []piece) {
	if c := cap(p.payload); c < len(payload) || c > 2*len(payload) {
		p.payload = make([]byte, 0, len(payload)+len(payload)/16)
	}
	p.payload = append(p.payload[:0], payload...)
	p.pieces, p.spare, p.next = pieces, p.pieces, 0
}
