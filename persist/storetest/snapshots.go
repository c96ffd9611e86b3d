package storetest

import "math"

var snapshots = []testcase{
	{name: "a snapshot replaces the one before", run: func(h *harness) {
		h.save("r", "first, and longer", 0)
		h.save("r", "second", 0)
		h.want("r", "second")
	}},
	{name: "a snapshot covers exactly through", run: exactly},
	{name: "rows of other rooms stay", run: func(h *harness) {
		seqs := h.commit([]string{"r", "s", "r", "s"}, []string{"a", "b", "c", "d"})
		h.save("r", "AC", math.MaxUint64)
		h.want("r", "AC")
		h.want("s", none, "b", "d")
		h.save("s", "B", seqs[1])
		h.want("s", "B", "d")
	}},
	{name: "a snapshot of a room without rows", run: func(h *harness) {
		h.save("r", "A", 0)
		h.append("r", "b")
		h.want("r", "A", "b")
	}},
	{name: "rows appended after the state was taken survive", run: func(h *harness) {
		through := h.append("r", "a")
		h.append("r", "b")
		h.save("r", "A", through)
		h.want("r", "A", "b")
	}},
	{name: "a snapshot beyond the newest row covers none to come", run: func(h *harness) {
		h.append("r", "a", "b")
		h.save("r", "AB", math.MaxUint64)
		h.append("r", "c")
		h.want("r", "AB", "c")
	}},
	{name: "an older through brings nothing back", run: func(h *harness) {
		seqs := h.appendAll("r", "a", "b", "c")
		h.save("r", "AB", seqs[1])
		h.save("r", "AB again", seqs[0])
		h.want("r", "AB again", "c")
	}},
	{name: "a room emptied by a snapshot goes on", run: func(h *harness) {
		for range 3 {
			h.save("r", "A", h.append("r", "a"))
		}
		h.append("r", "b", "c")
		h.want("r", "A", "b", "c")
	}},
}

func exactly(h *harness) {
	rows := []string{"a", "b", "c", "d", "e"}
	for covered := range len(rows) + 1 {
		room := rows[max(covered-1, 0)] + "room"
		if covered == 0 {
			room = "none covered"
		}
		seqs := append([]uint64{0}, h.appendAll(room, rows...)...)
		h.save(room, "S", seqs[covered])
		h.want(room, "S", rows[covered:]...)
	}
}
