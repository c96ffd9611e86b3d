package snapshot

import (
	"hash/crc32"
	"hash/maphash"
)

// Pieces appends the snapshots of one room, each with the compressed pieces of the one before as
// far as the state still has them. It keeps the last payload: about as much memory as that snapshot
// has bytes. The zero value is ready. It must not be used concurrently.
type Pieces struct {
	algorithm Algorithm
	payload   []byte  // of the last snapshot: its pieces, concatenated
	pieces    []piece // in the same order
	spare     []piece
	next      int // index at which the search for a piece begins
}

// piece identifies a piece, and has its place.
type piece struct {
	fingerprint fingerprint
	end         int // offset in payload; the start is the end of the piece before
}

// pieceSize is the memory that a piece takes, in bytes.
const pieceSize = 32

// fingerprint identifies the bytes of a piece. Its hash has a random seed of the process, so that
// collisions cannot be made on purpose. Its checksum detects any change of up to 32 bits in a row.
type fingerprint struct {
	len  int
	hash uint64
	sum  uint32 // CRC-32C
}

var seed = maphash.MakeSeed()

func fingerprintOf(b []byte) fingerprint {
	return fingerprint{len(b), maphash.Bytes(seed, b), crc32.Checksum(b, castagnoli)}
}

// Size returns the memory that p takes, in bytes.
func (p *Pieces) Size() int {
	return cap(p.payload) + (cap(p.pieces)+cap(p.spare))*pieceSize
}

// appendPayload appends the payload of a state that is cut at offsets, and keeps its pieces.
func (p *Pieces) appendPayload(dst, state []byte, cuts []int, a Algorithm) []byte {
	if p.algorithm != a {
		*p = Pieces{algorithm: a}
	}
	f := &codecs[a]
	dst = append(dst, f.head...)
	start, from := len(dst), 0
	fresh := p.spare[:0]
	for i := range len(cuts) + 1 {
		to := len(state)
		if i < len(cuts) {
			to = cuts[i]
		}
		print := fingerprintOf(state[from:to])
		if old, ok := p.find(print); ok {
			dst = append(dst, old...)
		} else {
			dst = f.piece(dst, state[from:to])
		}
		fresh = append(fresh, piece{print, len(dst) - start})
		from = to
	}
	p.store(dst[start:], fresh)
	if f.tail == nil {
		return dst
	}
	return f.tail(dst, state)
}

// find returns a piece of the last payload, which is compressed.
func (p *Pieces) find(print fingerprint) (compressed []byte, ok bool) {
	for i := range p.pieces {
		if i += p.next; i >= len(p.pieces) {
			i -= len(p.pieces)
		}
		if p.pieces[i].fingerprint == print {
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

// store replaces the last payload and its pieces. It uses the memory of the one before if that is
// of about the right size.
func (p *Pieces) store(payload []byte, pieces []piece) {
	if c := cap(p.payload); c < len(payload) || c > 2*len(payload) {
		p.payload = make([]byte, 0, len(payload)+len(payload)/16)
	}
	p.payload = append(p.payload[:0], payload...)
	p.pieces, p.spare, p.next = pieces, p.pieces, 0
}
