package websocket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

// BenchmarkReader measures reading frames from a full buffer, one an operation.
func BenchmarkReader(b *testing.B) {
	for _, n := range []int{20, 60, 200, 4 << 10} {
		frame := appendMasked(nil, OpBinary, true, frameKey, make([]byte, n))
		stream := bytes.Repeat(frame, 64<<10/len(frame))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			buf := make([]byte, len(stream))
			var r Reader
			var rest []byte
			b.SetBytes(int64(len(frame)))
			for b.Loop() {
				if len(rest) == 0 {
					rest = buf[:copy(buf, stream)]
				}
				_, rest, _, _ = r.Next(rest, frameLimit)
			}
		})
	}
}

func unmaskBytewise(b, key []byte) {
	for i := range b {
		b[i] ^= key[i&3]
	}
}

// BenchmarkUnmask measures unmask beside a loop over bytes.
func BenchmarkUnmask(b *testing.B) {
	for _, way := range []struct {
		name   string
		unmask func(b, key []byte)
	}{
		{"unmask", func(b, key []byte) { unmask(b, binary.LittleEndian.Uint32(key)) }},
		{"bytewise", unmaskBytewise},
	} {
		for _, n := range []int{20, 60, 200, 4 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("%s/%d", way.name, n), func(b *testing.B) {
				buf := make([]byte, n)
				b.SetBytes(int64(n))
				for b.Loop() {
					way.unmask(buf, frameKey[:])
				}
			})
		}
	}
}
