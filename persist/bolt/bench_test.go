package bolt

import (
	"fmt"
	"testing"
)

// BenchmarkAppend measures one commit of a row of 120 bytes, a few keystrokes, for each of a number
// of rooms.
func BenchmarkAppend(b *testing.B) {
	for name, cfg := range map[string]Config{"sync": {}, "async": {Async: true}} {
		for _, n := range []int{1, 10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/rooms=%d", name, n), func(b *testing.B) {
				s := open(b, b.TempDir(), cfg)
				rows := batch(n, 120)
				b.ReportAllocs()
				for b.Loop() {
					if err := s.Append(b.Context(), rows); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

// BenchmarkSaveSnapshot measures a snapshot that covers a hundred rows, which lie among those of
// other rooms.
func BenchmarkSaveSnapshot(b *testing.B) {
	for _, size := range []int{1 << 10, 50 << 10, 1 << 20, 8 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			s := open(b, b.TempDir(), Config{})
			rows := batch(20, 120)
			snapshot := make([]byte, size)
			var last uint64
			b.SetBytes(int64(size))
			for i := 0; b.Loop(); i++ {
				if i%len(rows) == 0 {
					b.StopTimer()
					for range 100 {
						last = appendRows(b, s, rows)
					}
					b.StartTimer()
				}
				if err := s.SaveSnapshot(b.Context(), rows[i%len(rows)].Room, snapshot, last); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, size := range []int{50 << 10, 1 << 20, 8 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			s := open(b, b.TempDir(), Config{})
			save(b, s, "r", string(make([]byte, size)), 0)
			for range 100 {
				add(b, s, "r", string(make([]byte, 120)))
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := s.Load(b.Context(), "r"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpen measures opening a store with a number of rows of 120 bytes.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{0, 1000, 100_000} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			dir := b.TempDir()
			s := open(b, dir, Config{})
			rows := batch(n, 120)
			if err := s.Append(b.Context(), rows); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				_ = s.Close()
				s = open(b, dir, Config{})
			}
		})
	}
}

// BenchmarkOpenRooms measures opening a store with a number of rooms, each with a snapshot of 256
// KiB and ten rows.
func BenchmarkOpenRooms(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("rooms=%d", n), func(b *testing.B) {
			dir := b.TempDir()
			s := open(b, dir, Config{Async: true})
			rows := batch(n, 120)
			for _, row := range rows {
				save(b, s, row.Room, string(make([]byte, 256<<10)), 0)
			}
			for range 10 {
				if err := s.Append(b.Context(), rows); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(n) * (256<<10 + 1200))
			for b.Loop() {
				_ = s.Close()
				s = open(b, dir, Config{Async: true})
			}
		})
	}
}
