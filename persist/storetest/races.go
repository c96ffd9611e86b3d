package storetest

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/civicpress/civic-realtime/persist"
)

var races = []testcase{
	{name: "a writer, a saver and readers at once", run: atOnce},
	{name: "rooms are dropped whole under readers", run: dropUnderReaders},
	{name: "Close while in use", run: closeInUse},
}

// counter is a room whose row n is the number n, and whose snapshot is the last
// number it covers, so that a reader notices a torn state.
type counter struct {
	room     string
	mu       sync.Mutex
	n, seq   uint64        // the newest row and its sequence number
	returned atomic.Uint64 // the newest row whose Append has returned
	grown    chan struct{} // has something if rows were appended since it was last drained
}

// atOnce keeps the writer and the readers running until the savers are done.
func atOnce(h *harness) {
	counters := make([]*counter, 4)
	for i := range counters {
		counters[i] = &counter{room: fmt.Sprint("room", i), grown: make(chan struct{}, 1)}
	}
	done := make(chan struct{})
	var savers, others sync.WaitGroup
	for _, c := range counters {
		savers.Go(func() {
			for range 40 {
				<-c.grown
				h.saveCounter(c)
			}
		})
		until(&others, done, func() { h.loadCounter(c) })
	}
	var n uint64
	until(&others, done, func() { n++; h.appendCounters(counters, n) })
	savers.Wait()
	close(done)
	others.Wait()
	for _, c := range counters {
		h.loadCounter(c)
	}
}

// until calls f repeatedly on a goroutine, until done is closed.
func until(wg *sync.WaitGroup, done chan struct{}, f func()) {
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				f()
			}
		}
	})
}

func (h *harness) appendCounters(counters []*counter, n uint64) {
	var rows []persist.Row
	for _, c := range counters {
		rows = append(rows, persist.Row{Room: c.room, Data: number(n)})
	}
	if err := h.store.Append(h.Context(), rows); err != nil {
		h.Errorf("Append: %v", err)
	}
	for i, c := range counters {
		if rows[i].Err != nil {
			h.Errorf("row of %s: %v", c.room, rows[i].Err)
		}
		c.mu.Lock()
		c.n, c.seq = n, rows[i].Seq
		c.mu.Unlock()
		c.returned.Store(n)
		select {
		case c.grown <- struct{}{}:
		default:
		}
	}
}

func (h *harness) saveCounter(c *counter) {
	c.mu.Lock()
	n, seq := c.n, c.seq
	c.mu.Unlock()
	if err := h.store.SaveSnapshot(h.Context(), c.room, number(n), seq); err != nil {
		h.Errorf("SaveSnapshot: %v", err)
	}
}

// loadCounter checks that the numbers run on from the snapshot without a gap, as
// far as the newest whose Append had returned at least.
func (h *harness) loadCounter(c *counter) {
	least := c.returned.Load()
	snapshot, rows, err := h.store.Load(h.Context(), c.room)
	if err != nil {
		h.Errorf("Load: %v", err)
		return
	}
	var n uint64
	if snapshot != nil {
		n = binary.BigEndian.Uint64(snapshot)
	}
	for _, row := range rows {
		if next := binary.BigEndian.Uint64(row); next != n+1 {
			h.Errorf("%s: row %d after %d", c.room, next, n)
		}
		n++
	}
	if n < least {
		h.Errorf("%s ends at %d, but %d was stored", c.room, n, least)
	}
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// dropUnderReaders fills and drops a room repeatedly, and checks that a call that reads it
// meanwhile returns all of it or nothing.
func dropUnderReaders(h *harness) {
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		until(&readers, done, func() {
			snapshot, rows, err := h.store.Load(h.Context(), "r")
			if err != nil || len(rows) != 0 && len(rows) != 2 || snapshot != nil && len(rows) > 0 {
				h.Errorf("Load: %s and %d rows, %v", brief(snapshot), len(rows), err)
			}
		})
		until(&readers, done, func() {
			if _, err := h.store.Rooms(h.Context()); err != nil {
				h.Errorf("Rooms: %v", err)
			}
		})
	}
	for i := range 60 {
		last := h.append("r", "a", "b")
		if i%3 == 0 {
			h.save("r", "AB", last)
		}
		h.expire("r", 0)
		h.drop(0, 1)
	}
	close(done)
	readers.Wait()
}

// closeInUse closes the store while other goroutines call it. Calls may succeed or fail; the race
// detector checks the rest.
func closeInUse(h *harness) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	started := make(chan struct{}, 1)
	until(&wg, done, func() {
		_ = h.store.Append(h.Context(), []persist.Row{{Room: "r", Data: number(1)}})
		select {
		case started <- struct{}{}:
		default:
		}
	})
	until(&wg, done, func() { _ = h.store.SaveSnapshot(h.Context(), "r", number(2), 1) })
	until(&wg, done, func() { _, _, _ = h.store.Load(h.Context(), "r") })
	until(&wg, done, func() {
		id, _ := h.store.KeepVersion(h.Context(), "r", persist.Version{Why: "why"}, number(3))
		_ = h.store.RenameVersion(h.Context(), "r", id, "name")
		_ = h.store.DeleteVersion(h.Context(), "r", id)
		_, _ = h.store.DropVersions(h.Context(), epoch)
	})
	until(&wg, done, func() { _, _ = h.store.Rooms(h.Context()) })
	until(&wg, done, func() {
		_ = h.store.Expire(h.Context(), "r", epoch)
		_, _ = h.store.DropExpired(h.Context(), epoch)
	})
	<-started
	if err := h.store.Close(); err != nil {
		h.Errorf("Close: %v", err)
	}
	close(done)
	wg.Wait()
}
