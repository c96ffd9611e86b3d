package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// Outbox has the methods of outboxes that package persist documents.
type Outbox interface {
	Add(ctx context.Context, limit int64, entries []persist.OutboxEntry,
		marks []persist.OutboxMark) error
	Change(ctx context.Context, put []persist.OutboxEntry, drop []uint64) error
	Entries(ctx context.Context, after uint64, limit int) ([]persist.OutboxEntry, error)
	Marks(ctx context.Context) ([]persist.OutboxMark, error)
	Size(ctx context.Context) (entries int, bytes int64, err error)
	Hold(ctx context.Context, ttl time.Duration) (bool, error)
	Close() error
}

// outboxHarness is an outbox under test.
type outboxHarness struct {
	*testing.T
	open func() Outbox
	box  Outbox
}

func entry(queue, id, data string) persist.OutboxEntry {
	return persist.OutboxEntry{Queue: queue, ID: id, Data: []byte(data)}
}

func (h *outboxHarness) add(entries ...persist.OutboxEntry) {
	h.Helper()
	if err := h.box.Add(h.Context(), 0, entries, nil); err != nil {
		h.Fatalf("Add: %v", err)
	}
}

func (h *outboxHarness) change(put []persist.OutboxEntry, drop ...uint64) {
	h.Helper()
	if err := h.box.Change(h.Context(), put, drop); err != nil {
		h.Fatalf("Change: %v", err)
	}
}

// all returns all entries, whose numbers must ascend, and checks that Size counts them.
func (h *outboxHarness) all() (all []persist.OutboxEntry) {
	h.Helper()
	all, err := h.box.Entries(h.Context(), 0, 1000000)
	if err != nil {
		h.Fatalf("Entries: %v", err)
	}
	last, size := uint64(0), int64(0)
	for _, e := range all {
		if e.Seq <= last {
			h.Errorf("number %d follows %d", e.Seq, last)
		}
		last = e.Seq
		size += persist.OutboxSize(e)
	}
	entries, bytes, err := h.box.Size(h.Context())
	if entries != len(all) || bytes != size || err != nil {
		h.Errorf("Size is %d, %d, %v, want %d, %d", entries, bytes, err, len(all), size)
	}
	return all
}

// want compares all entries with texts of the form "queue id data".
func (h *outboxHarness) want(texts ...string) {
	h.Helper()
	var got []string
	for _, e := range h.all() {
		got = append(got, e.Queue+" "+e.ID+" "+string(e.Data))
	}
	if fmt.Sprint(got) != fmt.Sprint(texts) {
		h.Errorf("entries %q, want %q", got, texts)
	}
}

// wantMarks compares all marks.
func (h *outboxHarness) wantMarks(want map[string]string) {
	h.Helper()
	marks, err := h.box.Marks(h.Context())
	if err != nil {
		h.Fatalf("Marks: %v", err)
	}
	got := map[string]string{}
	for _, m := range marks {
		got[m.Key] = string(m.Data)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		h.Errorf("marks %q, want %q", got, want)
	}
}
