package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

var versions = []testcase{
	{name: "a room without versions", run: func(h *harness) {
		h.append("r", "a")
		h.wantVersions("r")
		h.wantVersions("nobody")
		for _, room := range []string{"r", "nobody"} {
			if _, err := h.store.Version(h.Context(), room, 1); !errors.Is(err, persist.ErrVersion) {
				h.Errorf("a version of %s: %v", room, err)
			}
		}
	}},
	{name: "a replaced snapshot is kept, with the time it was saved at", run: func(h *harness) {
		h.save("r", "first", 0)
		h.pass(time.Second)
		h.save("r", "second", 0)
		h.wantVersions("r", is{1, 0, persist.Automatic, "first"})
		h.want("r", "second")
	}},
	{name: "not when one was kept a short time ago", run: func(h *harness) {
		h.saveEvery("r", time.Minute, 13)
		// 1 replaced 0; 5 replaced 4 when 0 was five minutes old; 9 replaced 8 when 4 was.
		h.wantVersions("r", is{1, 0, persist.Automatic, "0"}, is{2, 4 * time.Minute, persist.Automatic, "4"}, is{3, 8 * time.Minute, persist.Automatic, "8"})
	}},
	{name: "a clock that ran ahead puts none off", run: func(h *harness) {
		h.save("r", "0", 0)
		h.pass(24 * time.Hour)
		h.save("r", "1", 0)
		h.pass(5 * time.Minute)
		h.save("r", "2", 0)
		h.pass(-24 * time.Hour)
		h.save("r", "3", 0) // the newest version is of tomorrow, and so is the snapshot
		h.pass(time.Minute)
		h.save("r", "4", 0)
		h.pass(time.Minute)
		h.save("r", "5", 0) // 3, of today, was kept a minute ago
		day := 24 * time.Hour
		h.wantVersions("r", is{2, day, persist.Automatic, "1"}, is{3, day + 5*time.Minute, persist.Automatic, "2"}, is{4, 5 * time.Minute, persist.Automatic, "3"})
	}},
	{name: "the oldest go first", run: func(h *harness) {
		h.saveEvery("r", time.Hour, kept+3)
		h.wantVersions("r", is{3, 2 * time.Hour, persist.Automatic, "2"}, is{4, 3 * time.Hour, persist.Automatic, "3"}, is{5, 4 * time.Hour, persist.Automatic, "4"})
		if _, err := h.store.Version(h.Context(), "r", 2); !errors.Is(err, persist.ErrVersion) {
			h.Errorf("one that had to go: %v", err)
		}
	}},
	{name: "automatic ones do not push others out, nor others them", run: apart},
	{name: "one that is kept for a reason does not put an automatic one off", run: func(h *harness) {
		h.save("r", "first", 0)
		h.keep("r", "conflict", "other text")
		h.save("r", "second", 0)
		h.wantVersions("r", is{1, 0, "conflict", "other text"}, is{2, 0, persist.Automatic, "first"})
	}},
	{name: "a version changes nothing about the room", run: func(h *harness) {
		last := h.append("r", "a", "b")
		h.save("r", "A", last-1)
		h.keep("r", "why", "V")
		h.want("r", "A", "b")
		h.keep("new", "why", "V")
		h.want("new", none)
		h.append("new", "a")
		h.want("new", none, "a")
		h.wantVersions("new", is{1, 0, "why", "V"})
	}},
	{name: "any blob and any reason", run: func(h *harness) {
		h.keep("r", "", "")
		h.keep("r", "a\x00\xff", noise(100<<10))
		h.keep("r", strings.Repeat("w", persist.MaxWhy), noise(1<<20))
		h.wantVersions("r", is{1, 0, "", ""}, is{2, 0, "a\x00\xff", noise(100 << 10)}, is{3, 0, strings.Repeat("w", persist.MaxWhy), noise(1 << 20)})
		if err := h.store.KeepVersion(h.Context(), "r", strings.Repeat("w", persist.MaxWhy+1), nil); !errors.Is(err, persist.ErrWhy) {
			h.Errorf("a reason that is too long: %v", err)
		}
	}},
	{name: "a version is the caller's", run: func(h *harness) {
		blob := []byte("kept")
		if err := h.store.KeepVersion(h.Context(), "r", "why", blob); err != nil {
			h.Fatal(err)
		}
		copy(blob, "XXXX")
		got, _ := h.store.Version(h.Context(), "r", 1)
		copy(got, "YYYY")
		h.wantVersions("r", is{1, 0, "why", "kept"})
	}},
	{name: "versions after reopening", durable: true, run: func(h *harness) {
		h.saveEvery("r", time.Hour, 3)
		h.keep("r", "why", noise(70<<10))
		h.reopen()
		all := []is{{1, 0, persist.Automatic, "0"}, {2, time.Hour, persist.Automatic, "1"}, {3, 3 * time.Hour, "why", noise(70 << 10)}}
		h.wantVersions("r", all...)
		h.save("r", "next", 0)
		h.wantVersions("r", append(all, is{4, 2 * time.Hour, persist.Automatic, "2"})...)
	}},
	{name: "rooms are listed", run: listed},
	{name: "rooms are listed after reopening", durable: true, run: func(h *harness) {
		listed(h)
		before := h.rooms()
		h.reopen()
		if after := h.rooms(); !slices.Equal(before, after) {
			h.Errorf("%v, were %v", after, before)
		}
	}},
}

// is is a version as it must be.
type is struct {
	id   uint64
	at   time.Duration // after the test began
	why  string
	blob string
}

func (h *harness) keep(room, why, blob string) {
	h.Helper()
	if err := h.store.KeepVersion(h.Context(), room, why, []byte(blob)); err != nil {
		h.Fatalf("KeepVersion: %v", err)
	}
}

// saveEvery saves "0", "1", … at intervals, the first at once.
func (h *harness) saveEvery(room string, interval time.Duration, n int) {
	h.Helper()
	for i := range n {
		h.save(room, fmt.Sprint(i), 0)
		h.pass(interval)
	}
}

func (h *harness) wantVersions(room string, want ...is) {
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

func apart(h *harness) {
	h.keep("r", "before restore", "A")
	h.saveEvery("r", time.Hour, kept+2)
	for i := range kept {
		h.keep("r", "conflict", fmt.Sprint("C", i))
	}
	var got []string
	list, err := h.store.Versions(h.Context(), "r")
	if err != nil {
		h.Fatal(err)
	}
	for _, v := range list {
		blob, _ := h.store.Version(h.Context(), "r", v.ID)
		got = append(got, string(blob))
	}
	if want := []string{"1", "2", "3", "C0", "C1", "C2"}; !slices.Equal(got, want) {
		h.Errorf("%q are kept, want %q", got, want)
	}
}

func (h *harness) rooms() (lines []string) {
	h.Helper()
	rooms, err := h.store.Rooms(h.Context())
	if err != nil {
		h.Fatalf("Rooms: %v", err)
	}
	for _, r := range rooms {
		lines = append(lines, fmt.Sprint(r.Key, " ", seconds(r.Saved), " ", r.Snapshot, " ", r.Rows, " ", r.Versions, " ", seconds(r.Expires)))
	}
	return lines
}

// seconds is how long after the beginning t is, "-" for never.
func seconds(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return fmt.Sprint(int(t.Sub(after(0)).Seconds()))
}

func listed(h *harness) {
	if got := h.rooms(); len(got) > 0 {
		h.Errorf("%v are there", got)
	}
	last := h.append("rows", "a", noise(100<<10), "c")
	h.append("both", "a", "b", "c")
	h.pass(time.Second)
	h.save("both", noise(70<<10), last+2)
	h.save("both", "A", last)
	h.save("empty", "", 0)
	h.keep("version", "why", "V")
	h.expire("both", 7*time.Second)
	want := []string{"both 1 1 1 1 7", "empty 1 0 0 0 -", "rows - -1 3 0 -", "version - -1 0 1 -"}
	if got := h.rooms(); !slices.Equal(got, want) {
		h.Errorf("%q, want %q", got, want)
	}
}
