package ydoc

import "testing"

// BenchmarkTyping applies keystrokes, one update each.
func BenchmarkTyping(b *testing.B) {
	updates := keystrokes(1 << 16)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		var d Doc
		for _, u := range updates {
			d.Apply(checked(b, u))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(1<<16), "ns/update")
}
