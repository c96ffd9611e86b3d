package bench

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// BenchmarkApply measures checking a keystroke and applying it to a document.
func BenchmarkApply(b *testing.B) {
	updates := session(1<<30, keystrokes)
	var d *ydoc.Doc
	b.ReportAllocs()
	n := len(updates)
	for b.Loop() {
		if n == len(updates) {
			n, d = 0, new(ydoc.Doc)
		}
		apply(b, d, updates[n])
		n++
	}
}

// receiver is a connection that calls sent with each frame.
type receiver struct{ sent func(frame []byte) }

func (c *receiver) Write(frames [][]byte, _ func()) error {
	for _, f := range frames {
		c.sent(f)
	}
	return nil
}

func (c *receiver) Close(*engine.CloseError) {}
func (c *receiver) Finish()                  {}
func (c *receiver) Renew([]byte)             {}
func (c *receiver) Charge(int)               {}

// newEngine returns an engine whose rooms flush at once.
func newEngine(b *testing.B, store engine.Store) *engine.Engine {
	e := engine.New(engine.Config{Window: time.Nanosecond, SnapshotUpdates: 1 << 60}, store, slog.New(slog.DiscardHandler))
	b.Cleanup(func() { _ = e.Drain(context.Background()) })
	return e
}

func join(b *testing.B, e *engine.Engine, c engine.Conn, first protocol.Message) *engine.Peer {
	p, err := e.Join(b.Context(), roomkey.MustParse("record:r"), c, protocol.YWebsocket{}, engine.Identity{})
	if err == nil {
		err = p.Deliver(protocol.YWebsocket{}.Append(nil, first))
	}
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkJoin measures a client with an empty document that joins, requests a document of 260,000
// keystrokes, receives all of it and leaves. Clients that join while no update comes in share one
// encoded answer.
func BenchmarkJoin(b *testing.B) {
	for _, typing := range []bool{true, false} {
		b.Run(fmt.Sprintf("typing=%v", typing), func(b *testing.B) { joins(b, typing) })
	}
}

func joins(b *testing.B, typing bool) {
	e, w := newEngine(b, persist.NewMemory()), newWriter(1<<30)
	d := new(ydoc.Doc)
	for range keystrokes {
		apply(b, d, w.next())
	}
	state := d.AppendState(nil)
	var echo atomic.Pointer[arrival] // of the writer's update
	echoed := newArrival(len(state))
	echo.Store(echoed)
	typist := join(b, e, &receiver{func(frame []byte) { echo.Load().receive(frame) }}, protocol.Message{Kind: protocol.Update, Body: state})
	<-echoed.all
	b.SetBytes(int64(len(state)))
	b.ReportAllocs()
	for b.Loop() {
		if typing {
			b.StopTimer()
			typed := newArrival(1)
			echo.Store(typed)
			deliver(b, typist, w.next())
			<-typed.all
			b.StartTimer()
		}
		document := newArrival(len(state))
		p := join(b, e, &receiver{document.receive}, protocol.Message{Kind: protocol.SyncRequest, Body: []byte{0}})
		<-document.all
		p.Leave()
	}
}

// arrival closes all when a number of bytes have come.
type arrival struct {
	all   chan struct{}
	still int
}

func newArrival(bytes int) *arrival { return &arrival{make(chan struct{}), bytes} }

func (a *arrival) receive(frame []byte) {
	if a.still > 0 && a.still <= len(frame) {
		close(a.all)
	}
	a.still -= len(frame)
}

func deliver(b *testing.B, p *engine.Peer, update []byte) {
	if err := p.Deliver(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: update})); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFanOut measures a keystroke that is journaled, merged, encoded once and written to all
// peers of a room, and reports the time for each of them. The journal is in memory: BenchmarkCommit
// measures the disk.
func BenchmarkFanOut(b *testing.B) {
	for _, peers := range []int{20, 200} {
		b.Run(fmt.Sprintf("peers=%d", peers), func(b *testing.B) { fanOut(b, peers) })
	}
}

func fanOut(b *testing.B, peers int) {
	e, w := newEngine(b, persist.NewMemory()), newWriter(1<<30)
	var to sync.WaitGroup // messages that peers have not received yet
	receive := func([]byte) { to.Done() }
	var typist *engine.Peer
	for range peers {
		to.Add(2) // each receives the server's own request and the answer to its request
		typist = join(b, e, &receiver{receive}, protocol.Message{Kind: protocol.SyncRequest, Body: []byte{0}})
		to.Wait()
	}
	b.ReportAllocs()
	for b.Loop() {
		to.Add(peers)
		deliver(b, typist, w.next())
		to.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*peers), "ns/receiver")
}

// BenchmarkCommit measures making a row of 120 bytes, a few keystrokes, durable for each of a
// number of rooms.
func BenchmarkCommit(b *testing.B) {
	for _, rooms := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("rooms=%d", rooms), func(b *testing.B) { commit(b, rooms) })
	}
}

func commit(b *testing.B, rooms int) {
	store, err := bolt.Open(b.TempDir(), bolt.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	rows := make([]persist.Row, rooms)
	for i := range rows {
		rows[i] = persist.Row{Room: fmt.Sprintf("record:%d", i), Data: bytes.Repeat([]byte{byte(i)}, 120)}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := store.Append(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rooms), "ns/row")
}

// BenchmarkSnapshot measures a snapshot of a document of 260,000 keystrokes: the first, in which
// all is compressed, and one after 100 more keystrokes, in which most is unchanged.
func BenchmarkSnapshot(b *testing.B) {
	b.Run("first", func(b *testing.B) {
		d := written(b, keystrokes)
		var s snapshots
		for b.Loop() {
			s.pieces = snapshot.Pieces{}
			s.take(b, d)
		}
	})
	b.Run("next", func(b *testing.B) {
		d, w := new(ydoc.Doc), newWriter(1<<30)
		for range keystrokes {
			apply(b, d, w.next())
		}
		var s snapshots
		for s.take(b, d); b.Loop(); s.take(b, d) {
			for range 100 {
				apply(b, d, w.next())
			}
		}
	})
}

// snapshots takes snapshots one after the other.
type snapshots struct {
	pieces      snapshot.Pieces
	state, blob []byte
	cuts        []int
}

func (s *snapshots) take(b *testing.B, d *ydoc.Doc) {
	s.state, s.cuts = d.AppendStateCuts(s.state[:0], s.cuts[:0])
	var err error
	if s.blob, err = s.pieces.Append(s.blob[:0], snapshot.Snapshot{State: s.state}, s.cuts, snapshot.Zstd); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(s.state)))
	b.ReportMetric(float64(len(s.blob)), "stored-bytes")
}
