package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

var retained = []testcase{
	{name: "named versions are not deleted for others", run: func(h *harness) {
		h.saveEvery("r", time.Hour, 2)
		h.rename("r", 1, "the first")
		h.keepAs("r", persist.Version{Name: "by hand"}, "N")
		h.saveEvery("r", time.Hour, kept+3)
		for range kept + 2 {
			h.keep("r", "conflict", "C")
		}
		want := []string{"0", "N", "2", "3", "4", "C", "C", "C"}
		if got := h.blobsOf("r"); !slices.Equal(got, want) {
			h.Errorf("%q are kept, want %q", got, want)
		}
		h.rename("r", 1, "")
		h.keep("r", "conflict", "C")
		if got := h.blobsOf("r"); !slices.Equal(got, want[1:]) {
			h.Errorf("without its name: %q are kept, want %q", got, want[1:])
		}
	}},
	{name: "a named version that would be too many is refused", run: func(h *harness) {
		h.store = h.keeps(persist.Retention{Named: 2})
		h.keepAs("r", persist.Version{Name: "one"}, "1")
		h.keep("r", "why", "2")
		h.keepAs("r", persist.Version{Name: "two"}, "3")
		_, err := h.store.KeepVersion(h.Context(), "r", persist.Version{Name: "three"}, []byte("4"))
		if !errors.Is(err, persist.ErrNamed) {
			h.Errorf("one too many: %v", err)
		}
		if err := h.store.RenameVersion(h.Context(), "r", 2, "x"); !errors.Is(err, persist.ErrNamed) {
			h.Errorf("one too many gets a name: %v", err)
		}
		h.rename("r", 1, "another") // it has one already
		if got := h.blobsOf("r"); !slices.Equal(got, []string{"1", "2", "3"}) {
			h.Errorf("%q are kept", got)
		}
		h.keepAs("s", persist.Version{Name: "of another room"}, "1")
		h.remove("r", 1)
		h.rename("r", 2, "x")
		h.append("r", "the store works")
		h.want("r", none, "the store works")
	}},
	{name: "versions are deleted when they are too large together", run: func(h *harness) {
		h.store = h.keeps(persist.Retention{Bytes: 10})
		for i, size := range []int{4, 4, 4} {
			h.keep("r", "why", strings.Repeat(fmt.Sprint(i), size))
		}
		if got := h.blobsOf("r"); !slices.Equal(got, []string{"1111", "2222"}) {
			h.Errorf("%q are kept", got)
		}
		h.keepAs("r", persist.Version{Name: "large"}, strings.Repeat("n", 20)) // the first may be
		_, err := h.store.KeepVersion(h.Context(), "r", persist.Version{Name: "x"}, []byte("x"))
		if !errors.Is(err, persist.ErrNamed) {
			h.Errorf("another named one: %v", err)
		}
		h.keep("r", "why", strings.Repeat("3", 11)) // the newest stays in any case
		h.save("r", "aaaaaaaaaa", 0)
		h.save("r", "b", 0)
		want := []string{strings.Repeat("n", 20), strings.Repeat("3", 11), "aaaaaaaaaa"}
		if got := h.blobsOf("r"); !slices.Equal(got, want) {
			h.Errorf("%q are kept, want %q", got, want)
		}
	}},
	{name: "versions are deleted when they are too old", run: tooOld},
	{name: "versions that are too old go when another is kept", run: func(h *harness) {
		h.store = h.keeps(persist.Retention{MaxAge: time.Hour})
		h.keep("r", "why", "old")
		h.pass(time.Hour)
		h.keep("r", "why", "new")
		if got := h.blobsOf("r"); !slices.Equal(got, []string{"new"}) {
			h.Errorf("%q are kept", got)
		}
	}},
	{name: "versions stay without an age", run: func(h *harness) {
		h.fill("r")
		h.dropOld(1000*24*time.Hour, 0)
		h.wantVersions("r", ver{1, 0, "why", "V"})
	}},
	{name: "old versions of many rooms", run: func(h *harness) {
		h.store = h.keeps(persist.Retention{MaxAge: time.Hour})
		const rooms = 300
		for i := range rooms {
			h.keep(fmt.Sprint("r", i), "why", "V")
			h.append(fmt.Sprint("s", i), "a")
		}
		deleted := 0
		for calls := 0; deleted < rooms && calls < 10; calls++ {
			n, err := h.store.DropVersions(h.Context(), after(time.Hour))
			if deleted += n; err != nil {
				h.Fatal(err)
			}
		}
		if got := len(h.rooms()); deleted != rooms || got != rooms {
			h.Errorf("%d versions were deleted, %d rooms are left", deleted, got)
		}
	}},
}

// tooOld shows that the age of a version counts from when it was kept, that those with a name stay,
// and that nothing else is changed.
func tooOld(h *harness) {
	h.store = h.keeps(persist.Retention{MaxAge: time.Hour})
	last := h.append("r", "a", "b")
	h.save("r", "A", last-1)
	h.pass(10 * time.Hour)
	h.save("r", "B", last-1) // keeps A, which is older than an hour
	h.keepAs("r", persist.Version{Name: "name"}, "N")
	h.keep("only", "why", "V")
	h.dropOld(11*time.Hour-time.Millisecond, 0)
	if got := h.blobsOf("r"); !slices.Equal(got, []string{"A", "N"}) {
		h.Errorf("%q are kept", got)
	}
	h.dropOld(11*time.Hour, 2)
	if got := h.blobsOf("r"); !slices.Equal(got, []string{"N"}) {
		h.Errorf("%q are kept", got)
	}
	h.want("r", "B", "b")
	h.wantGone("only")
	h.dropOld(20*time.Hour, 0)
}

// dropOld calls DropVersions with the time d after the test began; want is how many versions it
// must delete.
func (h *harness) dropOld(d time.Duration, want int) {
	h.Helper()
	if n, err := h.store.DropVersions(h.Context(), after(d)); n != want || err != nil {
		h.Fatalf("DropVersions: %d versions, %v, want %d", n, err, want)
	}
}

// blobsOf returns the versions of a room.
func (h *harness) blobsOf(room string) (blobs []string) {
	h.Helper()
	for _, v := range h.listed(room) {
		blob, err := h.store.Version(h.Context(), room, v.ID)
		if err != nil {
			h.Fatalf("Version: %v", err)
		}
		blobs = append(blobs, string(blob))
	}
	return blobs
}
