package wal

import "encoding/binary"

// correctBit corrects one wrong bit, if that is what is wrong with the row: in a row that is
// shorter than a block no other damage is likely to look like it. A disk that was cut off while
// writing leaves whole sectors undone.
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
		// effect is that of the bit on the checksum: of the last byte's, then of the one before …
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
