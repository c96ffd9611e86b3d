package storetest

import (
	"fmt"
	"time"
)

var expiries = []testcase{
	{name: "a room is dropped when it is due, with its versions", run: func(h *harness) {
		h.fill("r")
		h.append("s", "stays")
		h.expire("r", time.Hour)
		h.drop(time.Hour-time.Millisecond, 0)
		h.wantVersions("r", ver{1, 0, "why", "V"})
		h.want("r", "A", "b")
		h.drop(time.Hour, 1)
		h.wantGone("r")
		h.want("s", none, "stays")
		h.drop(time.Hour, 0)
	}},
	{name: "an Append cancels an expiry", run: func(h *harness) {
		h.fill("r")
		h.expire("r", 0)
		h.commit([]string{"s", "r"}, []string{"x", "c"})
		h.drop(time.Hour, 0)
		h.want("r", "A", "b", "c")
		h.expire("r", 0)
		h.drop(time.Hour, 1)
		h.wantGone("r")
	}},
	{name: "a SaveSnapshot cancels an expiry", run: func(h *harness) {
		h.fill("r")
		h.expire("r", 0)
		h.save("r", "B", 0)
		h.drop(time.Hour, 0)
		h.want("r", "B", "b")
	}},
	{name: "an expiry that follows an Append is cancelled like others", run: func(h *harness) {
		h.append("r", "a")
		h.expire("r", 0)
		h.append("r", "b")
		h.drop(time.Hour, 0)
		h.append("s", "a")
		h.expire("s", 0)
		h.save("s", "S", 0)
		h.drop(time.Hour, 0)
		h.want("r", none, "a", "b")
		h.want("s", "S", "a")
	}},
	{name: "the zero time cancels an expiry", run: func(h *harness) {
		h.fill("r")
		h.expire("r", 0)
		if err := h.store.Expire(h.Context(), "r", time.Time{}); err != nil {
			h.Fatal(err)
		}
		h.drop(time.Hour, 0)
		h.want("r", "A", "b")
	}},
	{name: "calls for another room cancel no expiry", run: func(h *harness) {
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
