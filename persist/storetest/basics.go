package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/civicpress/civic-realtime/persist"
)

var basics = []testcase{
	{name: "an unknown room is empty", run: func(h *harness) {
		h.want("nobody", none)
		h.append("somebody", "a")
		h.want("nobody", none)
	}},
	{name: "rows come back in order", run: func(h *harness) {
		h.append("r", "a", "b")
		h.append("r", "c")
		h.want("r", none, "a", "b", "c")
	}},
	{name: "rooms are apart", run: func(h *harness) {
		h.commit([]string{"r", "s", "r", "rr", "s"}, []string{"1", "2", "3", "4", "5"})
		h.save("s", "S", 0)
		h.want("r", none, "1", "3")
		h.want("s", "S", "2", "5")
		h.want("rr", none, "4")
	}},
	{name: "numbers ascend within a room", run: numbers},
	{name: "any key is a room", run: keys},
	{name: "malformed keys are refused", run: badKeys},
	{name: "a refused row holds up no other", run: refusedRows},
	{name: "rows that are all refused", run: allRefused},
	{name: "empty blobs are stored", run: func(h *harness) {
		h.append("r", "", "a", "")
		h.want("r", none, "", "a", "")
		h.save("r", "", 0)
		h.want("r", "", "", "a", "")
	}},
	{name: "large blobs", run: large},
	{name: "many rooms", run: manyRooms},
	{name: "arguments are not kept", run: arguments},
	{name: "results are the caller's", run: results},
	{name: "an ended context stores nothing", run: endedContext},
}

func numbers(h *harness) {
	seqs := h.commit([]string{"r", "s", "r", "r"}, []string{"a", "x", "b", "c"})
	h.commit(nil, nil)
	if next := h.append("r", "d"); next <= seqs[3] {
		h.Errorf("number %d after %d", next, seqs[3])
	}
	h.save("r", "A", seqs[2])
	h.want("r", "A", "c", "d")
	h.want("s", none, "x")
}

func keys(h *harness) {
	longest := strings.Repeat("k", persist.MaxRoom)
	rooms := []string{"a", "A", "a\x00", "a/b", "..", "\xff\xfe", "récord", " ", longest}
	for i, room := range rooms {
		h.append(room, fmt.Sprint("row", i))
		h.save(room, fmt.Sprint("snapshot", i), 0)
	}
	for i, room := range rooms {
		h.want(room, fmt.Sprint("snapshot", i), fmt.Sprint("row", i))
	}
}

func badKeys(h *harness) {
	for _, room := range []string{"", strings.Repeat("k", persist.MaxRoom+1)} {
		_, _, loadErr := h.store.Load(h.Context(), room)
		saveErr := h.store.SaveSnapshot(h.Context(), room, nil, 0)
		for _, err := range append(archiveErrors(h, h.Context(), room), loadErr, saveErr) {
			if !errors.Is(err, persist.ErrRoom) {
				h.Errorf("a key of %d bytes: %v", len(room), err)
			}
		}
	}
}

// refusedRows appends rows with malformed keys among others, which are stored. Answers that were in
// the rows before are overwritten.
func refusedRows(h *harness) {
	before := h.append("r", "before")
	long := strings.Repeat("k", persist.MaxRoom+1)
	rows := rowsOf([]string{"", "r", long, "s", "r", long}, []string{"1", "2", "3", "4", "5", "6"})
	rows[0].Seq, rows[1].Err = 77, errors.New("an answer of another commit")
	if err := h.store.Append(h.Context(), rows); err != nil {
		h.Fatalf("Append: %v", err)
	}
	last := map[string]uint64{"r": before}
	for _, row := range rows {
		bad := row.Room == "" || row.Room == long
		refused := errors.Is(row.Err, persist.ErrRoom)
		if bad != refused || bad != (row.Err != nil) || bad != (row.Seq == 0) {
			h.Errorf("row %s of %.10q: number %d, %v", row.Data, row.Room, row.Seq, row.Err)
		} else if !bad {
			if row.Seq <= last[row.Room] {
				h.Errorf("number %d after %d", row.Seq, last[row.Room])
			}
			last[row.Room] = row.Seq
		}
	}
	h.want("r", none, "before", "2", "5")
	h.want("s", none, "4")
	if next := h.append("r", "after"); next <= last["r"] {
		h.Errorf("number %d after %d", next, last["r"])
	}
	h.save("r", "R", last["r"])
	h.want("r", "R", "after")
}

func allRefused(h *harness) {
	rows := rowsOf([]string{"", ""}, []string{"1", "2"})
	err := h.store.Append(h.Context(), rows)
	if err != nil || rows[0].Err == nil || rows[1].Err == nil {
		h.Errorf("%v, %v", err, rows)
	}
	if rooms, err := h.store.Rooms(h.Context()); len(rooms) > 0 || err != nil {
		h.Errorf("%v, %v", rooms, err)
	}
}

// large stores blobs around every boundary a backend may cut them at, up to 16 MiB.
func large(h *harness) {
	var rows []string
	sizes := []int{4095, 4096, 32 << 10, 32<<10 + 1, 65535, 1 << 20, 8 << 20, 16 << 20}
	for _, size := range sizes {
		rows = append(rows, noise(size))
		h.append("r", noise(size))
	}
	h.append("r", "small")
	h.want("r", none, append(rows, "small")...)
	last := h.append("r", "more")
	h.save("r", noise(16<<20), last)
	h.want("r", noise(16<<20))
	h.save("r", "small again", last)
	h.want("r", "small again")
}

func manyRooms(h *harness) {
	const n = 3000
	rooms, rows := make([]string, n), make([]string, n)
	for i := range n {
		rooms[i], rows[i] = fmt.Sprint("records/", i), fmt.Sprint("row ", i)
	}
	h.commit(rooms, rows)
	seqs := h.commit(rooms, rows)
	for i := 0; i < n; i += 100 {
		h.save(rooms[i], rows[i], seqs[i])
	}
	for i := range n {
		if i%100 == 0 {
			h.want(rooms[i], rows[i])
		} else {
			h.want(rooms[i], none, rows[i], rows[i])
		}
	}
}

func arguments(h *harness) {
	rows, snapshot := rowsOf([]string{"r"}, []string{"row"}), []byte("snap")
	if err := h.store.Append(h.Context(), rows); err != nil {
		h.Fatal(err)
	}
	if err := h.store.SaveSnapshot(h.Context(), "r", snapshot, 0); err != nil {
		h.Fatal(err)
	}
	copy(rows[0].Data, "XXX")
	rows[0] = persist.Row{Room: "changed"}
	copy(snapshot, "XXXX")
	h.want("r", "snap", "row")
}

func results(h *harness) {
	h.append("r", "one", "two")
	h.save("r", "snap", 0)
	snapshot, rows := h.load("r")
	_, _ = append(snapshot, "XXX"...), append(rows[0], "XXX"...)
	if string(rows[1]) != "two" {
		h.Errorf("appending to one row changed the next to %q", rows[1])
	}
	copy(snapshot, "XXXX")
	copy(rows[0], "XXX")
	h.want("r", "snap", "one", "two")
	if err := h.store.Close(); err != nil {
		h.Fatal(err)
	}
	if !bytes.Equal(rows[1], []byte("two")) || string(snapshot) != "XXXX" {
		h.Errorf("after Close the results are %q and %q", snapshot, rows)
	}
}

func endedContext(h *harness) {
	ctx, cancel := context.WithCancel(h.Context())
	cancel()
	appendErr := h.store.Append(ctx, rowsOf([]string{"r"}, []string{"a"}))
	saveErr := h.store.SaveSnapshot(ctx, "r", nil, 0)
	_, _, loadErr := h.store.Load(ctx, "r")
	_, dropErr := h.store.DropExpired(ctx, epoch)
	_, roomsErr := h.store.Rooms(ctx)
	all := append(archiveErrors(h, ctx, "r"), appendErr, saveErr, loadErr, dropErr, roomsErr)
	for _, err := range append(all, decisionErrors(h, ctx)...) {
		if !errors.Is(err, context.Canceled) {
			h.Errorf("%v, want %v", err, context.Canceled)
		}
	}
	h.want("r", none)
}
