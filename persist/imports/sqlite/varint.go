package sqlite

// varint reads a variable-length integer: 7 bits in each of up to eight bytes, 8 in the ninth. n is
// 0 if it does not end.
func varint(b []byte) (v uint64, n int) {
	for n < len(b) && n < 9 {
		c := b[n]
		n++
		if n == 9 {
			return v<<8 | uint64(c), n
		}
		v = v<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return v, n
		}
	}
	return 0, 0
}
