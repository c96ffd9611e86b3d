package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// BenchmarkDeliver delivers one typed character: it is checked and merged, and not yet journaled.
func BenchmarkDeliver(b *testing.B) {
	e := New(Config{Window: time.Hour}, newMemStore(), slog.New(slog.DiscardHandler))
	defer e.Drain(context.Background())
	p, err := e.Join(context.Background(), roomkey.MustParse("r"), sink{}, protocol.YWebsocket{}, Identity{})
	if err != nil {
		b.Fatal(err)
	}
	payloads := continuingInsertion(protocol.YWebsocket{}, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for _, payload := range payloads {
		mustDeliver(b, p, payload)
	}
}

// countingConn counts the bytes that it is sent.
type countingConn struct {
	bytes   *atomic.Int64
	written *sync.WaitGroup // each Write calls Done, when set
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
func (c *countingConn) Finish()           {}

func (c *countingConn) Renew([]byte) {}

func (c *countingConn) Charge(int) {}

// BenchmarkFanOut flushes once: twenty characters of two writers are merged, cut, encoded once and
// written to every peer.
func BenchmarkFanOut(b *testing.B) {
	for _, peers := range []int{2, 20, 200} {
		b.Run(fmt.Sprintf("peers=%d", peers), func(b *testing.B) { benchmarkFanOut(b, peers) })
	}
}

func benchmarkFanOut(b *testing.B, peers int) {
	f := newFanOut(b, peers)
	b.ReportAllocs()
	for b.Loop() {
		f.flush(b)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*peers), "ns/receiver")
}

// fanOut is a room with two writers, and peers that receive their text.
type fanOut struct {
	e       *Engine
	typist  *Peer
	conns   []countingConn
	bytes   atomic.Int64
	written sync.WaitGroup

	clock           uint64
	payload, update []byte
}

func newFanOut(tb testing.TB, peers int) *fanOut {
	e := New(Config{Window: time.Hour, NoJournal: true, SnapshotUpdates: 1 << 60}, newMemStore(), slog.New(slog.DiscardHandler))
	tb.Cleanup(func() { _ = e.Drain(context.Background()) })
	f := &fanOut{e: e, conns: make([]countingConn, peers), payload: make([]byte, 0, 1024), update: make([]byte, 0, 64)}
	for i := range f.conns {
		f.conns[i].bytes = &f.bytes
		f.typist, _ = e.Join(context.Background(), roomkey.MustParse("r"), &f.conns[i], protocol.YWebsocket{}, Identity{})
	}
	e.running.Wait() // the welcome messages are written
	for i := range f.conns {
		f.conns[i].written = &f.written
	}
	f.typist.room.delayNextFlush(time.Now())
	return f
}

// flush types ten characters for each writer, and returns when all peers have been sent them.
func (f *fanOut) flush(tb testing.TB) {
	const keys = 10
	f.payload = f.payload[:0]
	for k := range uint64(2 * keys) {
		f.update = appendTyped(f.update[:0], 1+k%2, f.clock+k/2, "x")
		f.payload = protocol.YWebsocket{}.Append(f.payload, protocol.Message{Kind: protocol.Update, Body: f.update})
	}
	f.clock += keys
	f.written.Add(len(f.conns))
	mustDeliver(tb, f.typist, f.payload)
	now := time.Now()
	f.typist.room.mu.RunOrDefer(func() { (*flushRoom)(f.typist.room).FlushNow(now) })
	f.typist.room.scheduleAt(now)
	f.written.Wait()
}

// TestFlushAllocations shows that the allocations of a flush do not depend on the number of peers.
func TestFlushAllocations(t *testing.T) {
	const peers, most = 200, 50
	f := newFanOut(t, peers)
	if n := testing.AllocsPerRun(100, func() { f.flush(t) }); n > most {
		t.Errorf("%v allocations for %d peers", n, peers)
	}
}

// delayNextFlush makes the next flush of the room wait for the end of a window.
func (r *room) delayNextFlush(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pacing.lastFlush = now
}
