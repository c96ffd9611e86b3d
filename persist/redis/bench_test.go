package redis_test

import (
	"fmt"
	"testing"

	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// rowsOf returns a row of 80 bytes for each of many rooms that a node has.
func rowsOf(b testing.TB, c *redis.Client, rooms int) (rows []redis.FencedRow) {
	for i := range rooms {
		lease := acquire(b, c, fmt.Sprint("record:procedure-", i), "a").Lease
		rows = append(rows, redis.FencedRow{Lease: lease, Incarnation: 5, Data: make([]byte, 80)})
	}
	return rows
}

// BenchmarkAppend appends a row to each of many rooms at once, as a tick does.
func BenchmarkAppend(b *testing.B) {
	for _, rooms := range []int{1, 20, 100, 1000} {
		b.Run(fmt.Sprint(rooms), func(b *testing.B) {
			s := redistest.Start(b, "appendonly yes", "appendfsync everysec")
			c := open(b, s.URL())
			rows := rowsOf(b, c, rooms)
			b.ReportAllocs()
			before := s.CPU()
			for b.Loop() {
				appendRows(b, c, rows...)
			}
			b.ReportMetric(float64((s.CPU()-before).Microseconds())/float64(b.N), "redis-µs/op")
		})
	}
}

// BenchmarkRenew renews the leases of 2,000 rooms.
func BenchmarkRenew(b *testing.B) {
	s := redistest.Start(b, "appendonly yes", "appendfsync everysec")
	c := open(b, s.URL())
	var renewals []redis.Renewal
	for _, row := range rowsOf(b, c, 2000) {
		renewals = append(renewals, redis.Renewal{Lease: row.Lease, Version: 9})
	}
	b.ReportAllocs()
	before := s.CPU()
	for b.Loop() {
		if err := c.Renew(b.Context(), renewals, ttl); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((s.CPU()-before).Microseconds())/float64(b.N), "redis-µs/op")
}
