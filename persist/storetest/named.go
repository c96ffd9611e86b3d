package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

var named = []testcase{
	{name: "a version has what it was kept with", run: described},
	{name: "what versions were kept with, after reopening", durable: true, run: func(h *harness) {
		described(h)
		before := h.listed("r")
		h.reopen()
		if after := h.listed("r"); !slices.Equal(before, after) {
			h.Errorf("%+v, were %+v", after, before)
		}
		h.rename("r", 1, "renamed after that")
	}},
	{name: "texts of a version that are too long, or no text", run: func(h *harness) {
		longest := strings.Repeat("x", persist.MaxText)
		h.keepAs("r", persist.Version{Name: longest, By: longest, ByName: longest, For: longest}, "V")
		for _, bad := range []string{longest + "x", "\xff"} {
			for _, v := range []persist.Version{{Name: bad}, {By: bad}, {ByName: bad}, {For: bad}} {
				_, err := h.store.KeepVersion(h.Context(), "r", v, nil)
				if !errors.Is(err, persist.ErrName) {
					h.Errorf("%.10q: %v", bad, err)
				}
			}
			err := h.store.RenameVersion(h.Context(), "r", 1, bad)
			if !errors.Is(err, persist.ErrName) {
				h.Errorf("renamed to %.10q: %v", bad, err)
			}
		}
		if got := h.listed("r"); len(got) != 1 || got[0].Name != longest {
			h.Errorf("%+v", got)
		}
	}},
	{name: "a version is renamed", run: func(h *harness) {
		h.save("r", "0", 0)
		h.pass(time.Hour)
		h.save("r", "1", 0)
		id := h.keepAs("r", persist.Version{Why: "why", By: "u1"}, "V")
		h.rename("r", 1, "the automatic one")
		h.rename("r", id, "a b")
		h.rename("r", id, "")
		h.wantVersions("r", ver{1, 0, persist.Automatic, "0"}, ver{2, time.Hour, "why", "V"})
		got := h.listed("r")
		if got[0].Name != "the automatic one" || got[1].Name != "" || got[1].By != "u1" {
			h.Errorf("%+v", got)
		}
		h.want("r", "1")
	}},
	{name: "a version is deleted", run: func(h *harness) {
		h.fill("r")
		h.keep("r", "why", "W")
		h.keep("only", "why", "V")
		h.remove("r", 1)
		h.wantVersions("r", ver{2, 0, "why", "W"})
		h.want("r", "A", "b")
		h.remove("only", 1)
		h.wantGone("only")
		h.keep("r", "why", "X")
		h.wantVersions("r", ver{2, 0, "why", "W"}, ver{3, 0, "why", "X"})
	}},
	{name: "a deleted version stays deleted", durable: true, run: func(h *harness) {
		h.fill("r")
		h.keep("only", "why", "V")
		h.remove("r", 1)
		h.remove("only", 1)
		h.reopen()
		h.wantVersions("r")
		h.want("r", "A", "b")
		h.wantGone("only")
		if d := h.store.Damage(); len(d) > 0 {
			h.Errorf("damage: %+v", d)
		}
	}},
	{name: "a version that is not there is neither renamed nor deleted", run: func(h *harness) {
		h.fill("r")
		for _, room := range []string{"r", "nobody"} {
			errs := []error{
				h.store.RenameVersion(h.Context(), room, 7, "name"),
				h.store.DeleteVersion(h.Context(), room, 7),
			}
			for _, err := range errs {
				if !errors.Is(err, persist.ErrVersion) {
					h.Errorf("%s: %v", room, err)
				}
			}
		}
		h.wantVersions("r", ver{1, 0, "why", "V"})
		h.wantGone("nobody")
	}},
}

// described keeps versions with all there is to say about them.
func described(h *harness) {
	h.save("r", "S", 0)
	h.pass(time.Hour)
	all := []persist.Version{
		{
			Why: "by hand", Name: "Before the meeting, 12+3,4 5", By: "u1", ByName: "Ann Ö. ",
			For: "u2",
		},
		{Why: "", Name: " ", RestoredFrom: 1<<40 + 7},
		{Why: "3+4,5 6", ByName: "only this"},
	}
	for i, v := range all {
		if id := h.keepAs("r", v, fmt.Sprint("V", i)); id != uint64(i)+1 {
			h.Errorf("id %d of version %d", id, i+1)
		}
	}
	h.save("r", "T", 0)
	all = append(all, persist.Version{Why: persist.Automatic})
	got := h.listed("r")
	if len(got) != len(all) {
		h.Fatalf("%+v", got)
	}
	for i, want := range all {
		want.ID, want.Size = uint64(i)+1, 2
		want.Time, want.Kept = after(time.Hour), after(time.Hour)
		if i == 3 {
			want.Size, want.Time = 1, after(0)
		}
		if got[i] != want {
			h.Errorf("%+v, want %+v", got[i], want)
		}
	}
}

// listed returns the versions of a room, with their times in UTC.
func (h *harness) listed(room string) []persist.Version {
	h.Helper()
	all, err := h.store.Versions(h.Context(), room)
	if err != nil {
		h.Fatalf("Versions: %v", err)
	}
	for i := range all {
		all[i].Time, all[i].Kept = all[i].Time.UTC(), all[i].Kept.UTC()
	}
	return all
}

func (h *harness) rename(room string, id uint64, name string) {
	h.Helper()
	if err := h.store.RenameVersion(h.Context(), room, id, name); err != nil {
		h.Errorf("RenameVersion: %v", err)
	}
}

func (h *harness) remove(room string, id uint64) {
	h.Helper()
	if err := h.store.DeleteVersion(h.Context(), room, id); err != nil {
		h.Errorf("DeleteVersion: %v", err)
	}
}
