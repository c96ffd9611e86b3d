package storetest

import (
	"fmt"
	"slices"
	"time"
)

var expiries = []testcase{
	{name: "a room is dropped when its time has come, with all that is kept of it", run: func(h *harness) {
		h.fill("r")
		h.append("s", "stays")
		h.expire("r", time.Hour)
		h.drop(time.Hour-time.Millisecond, 0)
		h.wantVersions("r", is{1, 0, "why", "V"})
		h.want("r", "A", "b")
		h.drop(time.Hour, 1)
		h.wantGone("r")
		h.want("s", none, "stays")
		h.drop(time.Hour, 0)
	}},
	{name: "an Append takes it back", run: func(h *harness) {
		h.fill("r")
		h.expire("r", 0)
		h.commit([]string{"s", "r"}, []string{"x", "c"})
		h.drop(time.Hour, 0)
		h.want("r", "A", "b", "c")
		h.expire("r", 0)
		h.drop(time.Hour, 1)
		h.wantGone("r")
	}},
	{name: "a SaveSnapshot takes it back", run: func(h *harness) {
		h.fill("r")
		h.expire("r", 0)
		h.save("r", "B", 0)
		h.drop(time.Hour, 0)
		h.want("r", "B", "b")
	}},
	{name: "the zero time takes it back", run: func(h *harness) {
		h.fill("r")
		h.expire("r", 0)
		if err := h.store.Expire(h.Context(), "r", time.Time{}); err != nil {
			h.Fatal(err)
		}
		h.drop(time.Hour, 0)
		h.want("r", "A", "b")
	}},
	{name: "what another room does takes nothing back", run: func(h *harness) {
		h.fill("r")
		h.expire("r", 0)
		h.append("s", "a")
		h.save("s", "S", 0)
		h.keep("r", "why", "W")
		h.want("r", "A", "b")
		h.drop(0, 1)
		h.wantGone("r")
	}},
	{name: "another time replaces the first", run: func(h *harness) {
		h.fill("r")
		h.expire("r", time.Hour)
		h.expire("r", 2*time.Hour)
		h.drop(time.Hour, 0)
		h.expire("r", time.Minute)
		h.drop(time.Hour, 1)
	}},
	{name: "a room that is not there does not expire", run: func(h *harness) {
		h.expire("nobody", 0)
		h.drop(time.Hour, 0)
		h.wantGone("nobody")
	}},
	{name: "a dropped room begins anew", run: func(h *harness) {
		h.fill("r")
		h.expire("r", 0)
		h.drop(0, 1)
		last := h.append("r", "new")
		h.want("r", none, "new")
		h.save("r", "N", last)
		h.want("r", "N")
		h.wantVersions("r")
	}},
	{name: "many rooms at once", run: func(h *harness) {
		for i := range 100 {
			h.fill(fmt.Sprint("r", i))
			h.expire(fmt.Sprint("r", i), time.Duration(i%2)*time.Hour)
		}
		h.drop(time.Minute, 50)
		for i := range 4 {
			if i%2 == 0 {
				h.wantGone(fmt.Sprint("r", i))
			} else {
				h.want(fmt.Sprint("r", i), "A", "b")
			}
		}
	}},
	{name: "expiries after reopening", durable: true, run: func(h *harness) {
		for _, room := range []string{"gone", "written", "saved"} {
			h.fill(room)
			h.expire(room, 0)
		}
		h.append("written", "c")
		h.reopen()
		h.save("saved", "S", 0)
		h.reopen()
		h.drop(0, 1)
		h.reopen()
		h.wantGone("gone")
		h.want("written", "A", "b", "c")
		h.want("saved", "S", "b")
	}},
}

// fill gives a room some of everything.
func (h *harness) fill(room string) {
	h.Helper()
	last := h.append(room, "a", "b")
	h.save(room, "A", last-1)
	h.keep(room, "why", "V")
}

func (h *harness) expire(room string, d time.Duration) {
	h.Helper()
	if err := h.store.Expire(h.Context(), room, after(d)); err != nil {
		h.Fatalf("Expire: %v", err)
	}
}

// drop says what time it is, d after the beginning, and how many rooms are to go.
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
	if slices.ContainsFunc(h.rooms(), func(line string) bool { return line[:min(len(line), len(room)+1)] == room+" " }) {
		h.Errorf("%s is listed", room)
	}
}
