package storetest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// testcase is one row of the suite's tables. A durable one reopens the store.
type testcase struct {
	name    string
	durable bool
	run     func(h *harness)
}

// harness is a store under test. Its methods end the test if the store returns an error.
type harness struct {
	*testing.T
	open   func() Store
	store  Store
	keeps  func(persist.Retention) Store // opens another store, with these options
	damage func(t *testing.T, room string)
	now    atomic.Int64 // the time of the store's clock, in nanoseconds since 1970
}

// epoch is the time at which every test begins.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC)

// kept is how many versions of a kind the store keeps.
const kept = 3

// pass sets the store's clock forward, or back.
func (h *harness) pass(d time.Duration) { h.now.Add(int64(d)) }

// after returns the time d after the test began, as precise as stores keep it.
func after(d time.Duration) time.Time { return epoch.Add(d).Truncate(time.Millisecond) }

// appendAll appends rows to one room, in one call, and returns their numbers.
func (h *harness) appendAll(room string, rows ...string) (seqs []uint64) {
	h.Helper()
	return h.commit(slices.Repeat([]string{room}, len(rows)), rows)
}

// append appends rows to one room, in one call, and returns the number of the last.
func (h *harness) append(room string, rows ...string) (last uint64) {
	h.Helper()
	seqs := h.appendAll(room, rows...)
	return seqs[len(seqs)-1]
}

// commit appends rows[i] to rooms[i], in one call, and returns the rows' numbers, which must ascend
// within each room.
func (h *harness) commit(rooms, rows []string) (seqs []uint64) {
	h.Helper()
	batch := rowsOf(rooms, rows)
	if err := h.store.Append(h.Context(), batch); err != nil {
		h.Fatalf("Append: %v", err)
	}
	last := map[string]uint64{}
	for i, row := range batch {
		if row.Err != nil || row.Seq <= last[row.Room] {
			h.Fatalf("row %d of %.40q has number %d after %d, %v",
				i, row.Room, row.Seq, last[row.Room], row.Err)
		}
		last[row.Room] = row.Seq
		seqs = append(seqs, row.Seq)
	}
	return seqs
}

// rowsOf returns rows to append, texts[i] to rooms[i].
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

// want compares the stored state of the room. The snapshot none means that there is none.
func (h *harness) want(room, snapshot string, rows ...string) {
	h.Helper()
	gotSnapshot, gotRows := h.load(room)
	missing := snapshot == none
	if (gotSnapshot == nil) != missing || !missing && string(gotSnapshot) != snapshot {
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

// ver is the expected value of a version.
type ver struct {
	id   uint64
	at   time.Duration // after the test began
	why  string
	blob string
}

func (h *harness) keep(room, why, blob string) {
	h.Helper()
	h.keepAs(room, persist.Version{Why: why}, blob)
}

// keepAs keeps a version, and returns its id.
func (h *harness) keepAs(room string, v persist.Version, blob string) uint64 {
	h.Helper()
	id, err := h.store.KeepVersion(h.Context(), room, v, []byte(blob))
	if err != nil {
		h.Fatalf("KeepVersion: %v", err)
	}
	return id
}

// saveEvery saves "0", "1", … at intervals, the first at once.
func (h *harness) saveEvery(room string, interval time.Duration, n int) {
	h.Helper()
	for i := range n {
		h.save(room, fmt.Sprint(i), 0)
		h.pass(interval)
	}
}

func (h *harness) wantVersions(room string, want ...ver) {
	h.Helper()
	got, err := h.store.Versions(h.Context(), room)
	if err != nil {
		h.Fatalf("Versions: %v", err)
	}
	if len(got) != len(want) {
		h.Errorf("%d versions, want %d: %v", len(got), len(want), got)
		return
	}
	for i, v := range got {
		w := want[i]
		if v.ID != w.id || !v.Time.Equal(after(w.at)) || v.Why != w.why || v.Size != len(w.blob) {
			h.Errorf("version %+v, want %d, %v, %.20q, %d bytes", v, w.id, after(w.at), w.why, len(w.blob))
		}
		blob, err := h.store.Version(h.Context(), room, v.ID)
		if err != nil || blob == nil || string(blob) != w.blob {
			h.Errorf("version %d is %s, %v, want %s", v.ID, brief(blob), err, brief([]byte(w.blob)))
		}
	}
}

func (h *harness) rooms() (lines []string) {
	h.Helper()
	rooms, err := h.store.Rooms(h.Context())
	if err != nil {
		h.Fatalf("Rooms: %v", err)
	}
	for _, r := range rooms {
		if line := roomLine(r); line != h.described(r.Key) {
			h.Errorf("Room says %q, Rooms %q", h.described(r.Key), line)
		}
		lines = append(lines, roomLine(r))
	}
	return lines
}

// described returns the line of Rooms for a room, by Room.
func (h *harness) described(room string) string {
	h.Helper()
	r, err := h.store.Room(h.Context(), room)
	if err != nil {
		h.Fatalf("Room: %v", err)
	}
	return roomLine(r)
}

func roomLine(r persist.Room) string {
	return fmt.Sprintf("%s %s %d %d %d %s",
		r.Key, seconds(r.Saved), r.Snapshot, r.Rows, r.Versions, seconds(r.Expires))
}

// seconds returns how long after the beginning t is, "-" for never.
func seconds(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return fmt.Sprint(int(t.Sub(after(0)).Seconds()))
}

// fill stores a snapshot, a row that it does not cover and a version.
func (h *harness) fill(room string) {
	h.Helper()
	seqs := h.appendAll(room, "a", "b")
	h.save(room, "A", seqs[0])
	h.keep(room, "why", "V")
}

func (h *harness) expire(room string, d time.Duration) {
	h.Helper()
	if err := h.store.Expire(h.Context(), room, after(d)); err != nil {
		h.Fatalf("Expire: %v", err)
	}
}

// drop calls DropExpired with the time d after the test began; want is how many rooms it must drop.
func (h *harness) drop(d time.Duration, want int) {
	h.Helper()
	if n, err := h.store.DropExpired(h.Context(), after(d)); n != want || err != nil {
		h.Fatalf("DropExpired: %d rooms, %v, want %d", n, err, want)
	}
}

func (h *harness) wantGone(room string) {
	h.Helper()
	h.want(room, none)
	h.wantVersions(room)
	listed := func(line string) bool { return strings.HasPrefix(line, room+" ") }
	if slices.ContainsFunc(h.rooms(), listed) {
		h.Errorf("%s is listed", room)
	}
}

func noise(size int) string {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(b)
	return string(b)
}

// decisionErrors returns the error of each call about decisions.
func decisionErrors(h *harness, ctx context.Context) []error {
	_, loadErr := h.store.LoadDecisions(ctx)
	put := []persist.Decision{{Kind: "lock", Subject: "r"}}
	return []error{loadErr, h.store.ChangeDecisions(ctx, put, nil)}
}

// archiveErrors returns the error of each call about versions and expiry.
func archiveErrors(h *harness, ctx context.Context, room string) []error {
	_, versionsErr := h.store.Versions(ctx, room)
	_, versionErr := h.store.Version(ctx, room, 1)
	_, roomErr := h.store.Room(ctx, room)
	_, keepErr := h.store.KeepVersion(ctx, room, persist.Version{Why: "why"}, nil)
	return []error{
		keepErr, h.store.Expire(ctx, room, epoch), versionsErr, versionErr, roomErr,
		h.store.RenameVersion(ctx, room, 1, "name"), h.store.DeleteVersion(ctx, room, 1),
	}
}
