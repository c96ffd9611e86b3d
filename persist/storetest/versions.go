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
			_, err := h.store.Version(h.Context(), room, 1)
			if !errors.Is(err, persist.ErrVersion) {
				h.Errorf("a version of %s: %v", room, err)
			}
		}
	}},
	{name: "a replaced snapshot is kept, with the time it was saved at", run: func(h *harness) {
		h.save("r", "first", 0)
		h.pass(time.Second)
		h.save("r", "second", 0)
		h.wantVersions("r", ver{1, 0, persist.Automatic, "first"})
		h.want("r", "second")
	}},
	{name: "no version is kept when one was kept a short time ago", run: func(h *harness) {
		h.saveEvery("r", time.Minute, 13)
		// 1 replaced 0; 5 replaced 4 when 0 was five minutes old; 9 replaced 8 when 4 was.
		h.wantVersions("r",
			ver{1, 0, persist.Automatic, "0"},
			ver{2, 4 * time.Minute, persist.Automatic, "4"},
			ver{3, 8 * time.Minute, persist.Automatic, "8"})
	}},
	{name: "a clock that ran ahead delays no version", run: func(h *harness) {
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
		h.wantVersions("r",
			ver{2, day, persist.Automatic, "1"},
			ver{3, day + 5*time.Minute, persist.Automatic, "2"},
			ver{4, 5 * time.Minute, persist.Automatic, "3"})
	}},
	{name: "the oldest versions are deleted first", run: func(h *harness) {
		h.saveEvery("r", time.Hour, kept+3)
		h.wantVersions("r",
			ver{3, 2 * time.Hour, persist.Automatic, "2"},
			ver{4, 3 * time.Hour, persist.Automatic, "3"},
			ver{5, 4 * time.Hour, persist.Automatic, "4"})
		if _, err := h.store.Version(h.Context(), "r", 2); !errors.Is(err, persist.ErrVersion) {
			h.Errorf("one that had to go: %v", err)
		}
	}},
	{name: "automatic versions and others are counted apart", run: apart},
	{name: "another version does not delay an automatic one", run: func(h *harness) {
		h.save("r", "first", 0)
		h.keep("r", "conflict", "other text")
		h.save("r", "second", 0)
		h.wantVersions("r", ver{1, 0, "conflict", "other text"}, ver{2, 0, persist.Automatic, "first"})
	}},
	{name: "a version changes nothing about the room", run: func(h *harness) {
		seqs := h.appendAll("r", "a", "b")
		h.save("r", "A", seqs[0])
		h.keep("r", "why", "V")
		h.want("r", "A", "b")
		h.keep("new", "why", "V")
		h.want("new", none)
		h.append("new", "a")
		h.want("new", none, "a")
		h.wantVersions("new", ver{1, 0, "why", "V"})
	}},
	{name: "any blob and any reason", run: func(h *harness) {
		h.keep("r", "", "")
		h.keep("r", "a\x00\xff", noise(100<<10))
		h.keep("r", strings.Repeat("w", persist.MaxWhy), noise(1<<20))
		longest := strings.Repeat("w", persist.MaxWhy)
		h.wantVersions("r",
			ver{1, 0, "", ""},
			ver{2, 0, "a\x00\xff", noise(100 << 10)},
			ver{3, 0, longest, noise(1 << 20)})
		_, err := h.store.KeepVersion(h.Context(), "r", persist.Version{Why: longest + "w"}, nil)
		if !errors.Is(err, persist.ErrWhy) {
			h.Errorf("a reason that is too long: %v", err)
		}
	}},
	{name: "a version is the caller's", run: func(h *harness) {
		blob := []byte("kept")
		if _, err := h.store.KeepVersion(h.Context(), "r", persist.Version{Why: "why"}, blob); err != nil {
			h.Fatal(err)
		}
		copy(blob, "XXXX")
		got, _ := h.store.Version(h.Context(), "r", 1)
		copy(got, "YYYY")
		h.wantVersions("r", ver{1, 0, "why", "kept"})
	}},
	{name: "versions after reopening", durable: true, run: func(h *harness) {
		h.saveEvery("r", time.Hour, 3)
		h.keep("r", "why", noise(70<<10))
		h.reopen()
		all := []ver{
			{1, 0, persist.Automatic, "0"},
			{2, time.Hour, persist.Automatic, "1"},
			{3, 3 * time.Hour, "why", noise(70 << 10)},
		}
		h.wantVersions("r", all...)
		h.save("r", "next", 0)
		h.wantVersions("r", append(all, ver{4, 2 * time.Hour, persist.Automatic, "2"})...)
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

func listed(h *harness) {
	if got := h.rooms(); len(got) > 0 {
		h.Errorf("%v are there", got)
	}
	h.append("rows", "a", noise(100<<10), "c")
	seqs := h.appendAll("both", "a", "b", "c")
	h.pass(time.Second)
	h.save("both", noise(70<<10), seqs[1])
	h.save("both", "A", seqs[0])
	h.save("empty", "", 0)
	h.keep("version", "why", "V")
	h.expire("both", 7*time.Second)
	want := []string{"both 1 1 1 1 7", "empty 1 0 0 0 -", "rows - -1 3 0 -", "version - -1 0 1 -"}
	if got := h.rooms(); !slices.Equal(got, want) {
		h.Errorf("%q, want %q", got, want)
	}
}
