package engine

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// BenchmarkMergeKeystroke merges a typed character under the room's lock, with its user and
// without authors. Of several people each types in turn.
func BenchmarkMergeKeystroke(b *testing.B) {
	for _, people := range []int{1, 2, 20, 100} {
		for _, kept := range []bool{false, true} {
			b.Run(fmt.Sprintf("people=%d,authors=%t", people, kept), func(b *testing.B) {
				m := newMerging(b, people, !kept)
				b.ReportAllocs()
				for b.Loop() {
					m.keystroke()
				}
			})
		}
	}
}

// TestMergeAllocatesNothing shows that merging a keystroke, and making the part of the row that
// says who wrote it, allocates nothing, whoever types and however many.
func TestMergeAllocatesNothing(t *testing.T) {
	for _, people := range []int{1, 2, 20, 100} {
		for _, kept := range []bool{false, true} {
			t.Run(fmt.Sprintf("people=%d,authors=%t", people, kept), func(t *testing.T) {
				m := newMerging(t, people, !kept)
				for range 40_000 {
					m.keystroke() // the buffers of each client's structs are large enough then
				}
				if n := testing.AllocsPerRun(2000, m.keystroke); n != 0 {
					t.Errorf("%v allocations", n)
				}
			})
		}
	}
}

// merging is a room in which people type in turn, each with a token of their own.
type merging struct {
	peers  []*Peer
	next   int // of peers
	clock  uint64
	update []byte
	row    []byte
}

func newMerging(tb testing.TB, people int, noAuthors bool) *merging {
	c := Config{Window: time.Hour, NoAuthors: noAuthors}
	e := New(c, newMemStore(), slog.New(slog.DiscardHandler))
	tb.Cleanup(func() { _ = e.Drain(context.Background()) })
	m := new(merging)
	for i := range people {
		who := Identity{ID: fmt.Sprintf("person-%d", i), Name: fmt.Sprintf("Person %d", i)}
		p, err := e.Join(context.Background(), roomkey.MustParse("r"), sink{}, protocol.YWebsocket{}, who)
		if err != nil {
			tb.Fatal(err)
		}
		m.peers = append(m.peers, p)
	}
	e.running.Wait()
	for range 2 * people {
		m.keystroke()
	}
	return m
}

// keystroke merges the next character, and takes what a row would say of it.
func (m *merging) keystroke() {
	p := m.peers[m.next]
	r := p.room
	m.update = appendTyped(m.update[:0], 1<<31+uint64(m.next), m.clock, "x")
	r.mu.Lock()
	r.applyBy(yjs.Trust(m.update), p.author())
	m.row = r.doc.AppendChanges(m.row[:0])
	r.authorsOfRow()
	r.mu.Unlock()
	if m.next++; m.next == len(m.peers) {
		m.next, m.clock = 0, m.clock+1
	}
}
