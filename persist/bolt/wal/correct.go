package wal

import "encoding/binary"

// correctBit corrects a row with one wrong bit, and reports whether it did. In a row that is
// shorter than a block other damage is unlikely to look like one wrong bit: a disk that loses power
// while writing leaves whole sectors unwritten.
func (r *Row) correctBit() bool {
	if len(r.Value) < sumLen || len(r.Value) > blockSize {
		return false
	}
	stored, body := binary.BigEndian.Uint32(r.Value), r.Value[sumLen:]
	wrong := Checksum(r.Key[:], body) ^ stored
	if wrong&(wrong-1) == 0 {
		binary.BigEndian.PutUint32(r.Value, stored^wrong)
		return true
	}
	for bit := range 8 {
		// effect is the effect of the bit on the checksum: in the last byte first, then in the one
		// before it, and so on.
		effect := castagnoli[1<<bit]
		for at := len(body) - 1; at >= 0; at-- {
			if effect == wrong {
				body[at] ^= 1 << bit
				return true
			}
			effect = castagnoli[byte(effect)] ^ effect>>8
		}
	}
	return false
}
