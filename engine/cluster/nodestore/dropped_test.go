package nodestore

import (
	"testing"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// TestDroppedRowsAreNotUnsent shows that rows of the outbox that Redis is not to have any more, as
// their room was deleted, went to another node or was sent as a whole, are not waited for: neither
// by the goroutine that sends rows, nor when the node ends.
func TestDroppedRowsAreNotUnsent(t *testing.T) {
	for name, drop := range map[string]func(w *world, a *node){
		"deleted": func(_ *world, a *node) { a.delete("r") },
		"lost": func(w *world, a *node) {
			w.takeLease("r", w.start(""))
			a.Holder().Lost("r")
		},
		"given up": func(_ *world, a *node) {
			a.client.fails = func(*cluster.FencedRow) error { return errAway }
			if err := a.Store.Release(t.Context(), "r"); err == nil {
				t.Error("nothing was unsent")
			}
			a.client.fails = nil
		},
		"sent as a whole": func(_ *world, a *node) {
			a.Store.mu.Lock()
			a.sendWholeLocked(a.rooms["r"])
			a.Store.mu.Unlock()
		},
		"put back": func(w *world, a *node) {
			w.redis.Flush()
			a.settle()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.start("")
			a.settle()
			a.open("r")
			a.write("r", a0)
			if !a.waiting() {
				t.Fatal("the row does not wait")
			}
			drop(w, a)
			for r, work, _ := a.nextJob(w0); r != nil; r, work, _ = a.nextJob(w0) {
				a.do(t.Context(), r, work)
			}
			if err := a.Flush(t.Context()); err != nil {
				t.Errorf("Flush: %v", err)
			}
			if a.waiting() || a.bytes != 0 {
				t.Errorf("the sender waits: %t, %d bytes", a.waiting(), a.bytes)
			}
		})
	}
}
