package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec"
)

// BenchmarkDeliver is one typed character: checked, merged, journal aside.
func BenchmarkDeliver(b *testing.B) {
	e := New(Config{Window: time.Hour}, newMemStore(), slog.New(slog.DiscardHandler))
	defer e.Drain(context.Background())
	p, err := e.Join(context.Background(), "r", sink{}, codec.YWebsocket{}, Identity{})
	if err != nil {
		b.Fatal(err)
	}
	payloads := continuingInsertion(codec.YWebsocket{}, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for _, payload := range payloads {
		mustDeliver(b, p, payload)
	}
}

// countingConn counts what it is given.
type countingConn struct {
	bytes   *atomic.Int64
	written *sync.WaitGroup // one less with each Write, when set
}

func (c *countingConn) Write(frames [][]byte, waits func()) error {
	for _, f := range frames {
		c.bytes.Add(int64(len(f)))
	}
	if c.written != nil {
		c.written.Done()
	}
	return nil
}

func (c *countingConn) Close(*CloseError) {}

func (c *countingConn) Renew([]byte) {}

// BenchmarkFanOut is one flush: twenty characters of two writers merged, cut,
// encoded once and written to every peer.
func BenchmarkFanOut(b *testing.B) {
	for _, peers := range []int{2, 20, 200} {
		b.Run(fmt.Sprintf("peers=%d", peers), func(b *testing.B) { benchmarkFanOut(b, peers) })
	}
}

func benchmarkFanOut(b *testing.B, peers int) {
	const keys = 10
	e := New(Config{Window: time.Hour, NoJournal: true, SnapshotUpdates: 1 << 60}, newMemStore(), slog.New(slog.DiscardHandler))
	defer e.Drain(context.Background())
	var received atomic.Int64
	var written sync.WaitGroup
	conns := make([]countingConn, peers)
	var p *Peer
	for i := range conns {
		conns[i].bytes = &received
		p, _ = e.Join(context.Background(), "r", &conns[i], codec.YWebsocket{}, Identity{})
	}
	e.running.Wait() // greetings are written
	for i := range conns {
		conns[i].written = &written
	}
	p.room.flushed(time.Now())
	payload, update := make([]byte, 0, 1024), make([]byte, 0, 64)
	b.ReportAllocs()
	for i := uint64(0); b.Loop(); i += keys {
		payload = payload[:0]
		for k := range uint64(2 * keys) {
			update = appendTyped(update[:0], 1+k%2, i+k/2, "x")
			payload = codec.YWebsocket{}.Append(payload, codec.Message{Kind: codec.Update, Body: update})
		}
		written.Add(peers)
		mustDeliver(b, p, payload)
		now := time.Now()
		p.room.hasten(now)
		e.sched.at(p.room, now)
		written.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*peers), "ns/receiver")
}

// flushed keeps the next flush back for a window.
func (r *room) flushed(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastFlush = now
}
