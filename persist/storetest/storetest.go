// Package storetest holds every backend to what package persist documents.
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// Store is what a backend must be.
type Store interface {
	Load(ctx context.Context, room string) (snapshot []byte, journal [][]byte, err error)
	Append(ctx context.Context, rows []persist.Row) error
	SaveSnapshot(ctx context.Context, room string, snapshot []byte, through uint64) error
	KeepVersion(ctx context.Context, room, why string, snapshot []byte) error
	Versions(ctx context.Context, room string) ([]persist.Version, error)
	Version(ctx context.Context, room string, id uint64) ([]byte, error)
	Expire(ctx context.Context, room string, at time.Time) error
	DropExpired(ctx context.Context, now time.Time) (rooms int, err error)
	Quarantine(ctx context.Context, room string) error
	Rooms(ctx context.Context) ([]persist.Room, error)
	Damage() []persist.Damage
	Healthy() error
	Close() error
}

// Backend makes stores for the suite.
type Backend struct {
	// New prepares an empty place and returns how to open the store in it, which is
	// to keep versions as told. The suite opens it again only after Close, and only
	// if Durable.
	New func(t *testing.T, keep persist.Retention) (open func() Store)

	// Damage damages what is stored of a room behind the back of the store that New's open
	// made last, which is closed: a snapshot, or if there is none a row. nil: it cannot.
	Damage func(t *testing.T, room string)

	// Durable: what was stored is there when the store is opened again.
	Durable bool
}

// Run runs the suite.
func Run(t *testing.T, b Backend) {
	for _, c := range slices.Concat(basics, snapshots, versions, expiries, lifetimes, races, damages) {
		if c.durable && !b.Durable {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			h := &harness{T: t}
			h.now.Store(epoch.UnixNano())
			h.damage = b.Damage
			h.open = b.New(t, persist.Retention{Versions: kept, Now: func() time.Time { return time.Unix(0, h.now.Load()) }})
			h.store = h.open()
			t.Cleanup(func() { _ = h.store.Close() })
			c.run(h)
		})
	}
}

// testcase is one row of the suite's tables. durable ones reopen the store.
type testcase struct {
	name    string
	durable bool
	run     func(h *harness)
}

// harness is a store with the verbs of the tests, each of which ends the test if
// the store returns an error.
type harness struct {
	*testing.T
	open   func() Store
	store  Store
	damage func(t *testing.T, room string)
	now    atomic.Int64 // what the store's clock says, ns
}

// epoch is when every test begins, and kept how many versions the store keeps.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC)

const kept = 3

func (h *harness) pass(d time.Duration) { h.now.Add(int64(d)) }

// after is the time d after the test began, as stores keep it.
func after(d time.Duration) time.Time { return epoch.Add(d).Truncate(time.Millisecond) }

func (h *harness) append(room string, rows ...string) (last uint64) {
	h.Helper()
	return h.commit(slices.Repeat([]string{room}, len(rows)), rows)
}

// commit returns the number of the last row; those of one Append are consecutive in every
// backend that there is.
func (h *harness) commit(rooms, rows []string) (last uint64) {
	h.Helper()
	batch := rowsOf(rooms, rows)
	if err := h.store.Append(h.Context(), batch); err != nil {
		h.Fatalf("Append: %v", err)
	}
	for i, row := range batch {
		if row.Err != nil || row.Seq == 0 || i > 0 && row.Seq != last+1 {
			h.Fatalf("row %d of %.40q is number %d after %d, %v", i, row.Room, row.Seq, last, row.Err)
		}
		last = row.Seq
	}
	return last
}

// rowsOf are rows to append, texts[i] to rooms[i].
func rowsOf(rooms, texts []string) []persist.Row {
	rows := make([]persist.Row, len(rooms))
	for i, room := range rooms {
		rows[i] = persist.Row{Room: room, Data: []byte(texts[i])}
	}
	return rows
}

func (h *harness) save(room, snapshot string, through uint64) {
	h.Helper()
	if err := h.store.SaveSnapshot(h.Context(), room, []byte(snapshot), through); err != nil {
		h.Fatalf("SaveSnapshot: %v", err)
	}
}

func (h *harness) load(room string) (snapshot []byte, journal [][]byte) {
	h.Helper()
	snapshot, journal, err := h.store.Load(h.Context(), room)
	if err != nil {
		h.Fatalf("Load: %v", err)
	}
	return snapshot, journal
}

// want loads the room and compares. Only none stands for no snapshot.
func (h *harness) want(room, snapshot string, rows ...string) {
	h.Helper()
	gotSnapshot, gotRows := h.load(room)
	if (gotSnapshot == nil) != (snapshot == none) || snapshot != none && string(gotSnapshot) != snapshot {
		h.Errorf("snapshot of %.40q is %s, want %s", room, brief(gotSnapshot), brief([]byte(snapshot)))
	}
	if !slices.EqualFunc(gotRows, blobs(rows), bytes.Equal) {
		h.Errorf("%.40q has %d rows, want %d:%s", room, len(gotRows), len(rows), briefs(gotRows))
	}
}

const none = "\x00no snapshot"

func (h *harness) reopen() {
	h.Helper()
	if err := h.store.Close(); err != nil {
		h.Fatalf("Close: %v", err)
	}
	h.store = h.open()
}

func blobs(texts []string) (b [][]byte) {
	for _, text := range texts {
		b = append(b, []byte(text))
	}
	return b
}

func brief(b []byte) string { return fmt.Sprintf("%d bytes %.20q", len(b), b) }

func briefs(rows [][]byte) (s string) {
	for _, row := range rows[:min(len(rows), 10)] {
		s += " " + brief(row)
	}
	return s
}
