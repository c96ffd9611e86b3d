package snapshot

import (
	"fmt"
	"testing"
)

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1 << 10, 100 << 10, 1 << 20, 8 << 20} {
		state := prose(size)
		for a := range algorithms {
			b.Run(fmt.Sprintf("%v/%dKiB", a, size>>10), func(b *testing.B) {
				dst := make([]byte, 0, size+MaxOverhead)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				stored := 0
				for b.Loop() {
					out, _ := Append(dst, Snapshot{Version: 7, State: state}, a)
					stored = len(out)
				}
				b.ReportMetric(float64(size)/float64(stored), "ratio")
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{1 << 10, 100 << 10, 1 << 20, 8 << 20} {
		for a := range algorithms {
			in := mustAppend(b, Snapshot{Version: 7, State: prose(size)}, a)
			b.Run(fmt.Sprintf("%v/%dKiB", a, size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Decode(in, size); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
