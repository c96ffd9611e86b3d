package recordsync

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// fakeRoom is a Room with a lock, and without a document and peers.
type fakeRoom struct {
	Room
	mu                 sync.Mutex
	closed, compressed bool
}

func (r *fakeRoom) TryLock() bool    { return r.mu.TryLock() }
func (r *fakeRoom) Lock()            { r.mu.Lock() }
func (r *fakeRoom) Unlock()          { r.mu.Unlock() }
func (r *fakeRoom) Key() roomkey.Key { return roomkey.MustParse("r") }
func (r *fakeRoom) Closed() bool     { return r.closed }
func (r *fakeRoom) Compressed() bool { return r.compressed }

// newTestRecord returns a record, its room, and the log.
func newTestRecord(t *testing.T) (*Record, *fakeRoom, *strings.Builder) {
	t.Helper()
	log, room := new(strings.Builder), new(fakeRoom)
	s := New(Config{
		MaxSteps: view.DefaultMaxSteps, Drafts: Drafts{KeptBytes: 1 << 20}, MaxDocument: 1 << 20,
		Log: slog.New(slog.NewTextHandler(log, nil)), Metrics: metrics.NewSet(),
		Running: new(sync.WaitGroup),
	})
	return s.NewRecord(room), room, log
}

// TestConversionFails shows that an error and a panic become an ErrMarkdown, which does not quote
// the text.
func TestConversionFails(t *testing.T) {
	r, _, log := newTestRecord(t)
	n := 2
	for name, f := range map[string]func() error{
		"an error":         func() error { return errors.New("API is down") },
		"a panic":          func() error { panic("secret text") },
		"a runtime error":  func() error { var m map[string]int; m["a"] = 1; return nil },
		"an index too far": func() error { return []error{nil}[n] },
	} {
		if err := r.convert(f); !errors.Is(err, ErrMarkdown) ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := r.s.metrics.conversionFailures.Get(); n != 4 {
		t.Errorf("%d counted", n)
	}
	if strings.Contains(log.String(), "secret") ||
		!strings.Contains(log.String(), "document cannot be read") {
		t.Errorf("log %s", log)
	}
}

// TestNoRenderingOfClosedRoom shows that no rendering is kept of a room that was closed or
// compressed while its document was rendered.
func TestNoRenderingOfClosedRoom(t *testing.T) {
	for name, room := range map[string]*fakeRoom{"open": {}, "closed": {closed: true}, "compressed": {compressed: true}} {
		r, own, _ := newTestRecord(t)
		own.closed, own.compressed = room.closed, room.compressed
		d := docState{state: documentOf(t, 50)}
		_, err := r.render(&d)
		if kept := r.s.metrics.renderings.Get(); err != nil || kept > 0 != (name == "open") {
			t.Errorf("%s: %v, %g bytes are kept", name, err, kept)
		}
	}
}
