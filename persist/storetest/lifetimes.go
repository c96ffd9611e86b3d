package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/civicpress/civic-realtime/persist"
)

var lifetimes = []testcase{
	{name: "use after Close", run: closed},
	{name: "reopening gives the same", durable: true, run: func(h *harness) {
		seqs := h.commit([]string{"r", "s", "r"}, []string{"a", "b", "c"})
		h.append("t", noise(100<<10), noise(3<<20))
		h.save("s", "B", seqs[1])
		h.save("u", noise(1<<20), 0)
		h.reopen()
		h.want("r", none, "a", "c")
		h.want("s", "B")
		h.want("t", none, noise(100<<10), noise(3<<20))
		h.want("u", noise(1<<20))
	}},
	{name: "numbers ascend through reopening", durable: true, run: func(h *harness) {
		last := h.append("r", "a", "b")
		h.save("r", "AB", last)
		h.reopen()
		if next := h.append("r", "c"); next <= last {
			h.Errorf("number %d after %d", next, last)
		}
		h.want("r", "AB", "c")
	}},
	{name: "truncation after reopening", durable: true, run: func(h *harness) {
		seqs := h.appendAll("r", "a", "b", "c")
		h.reopen()
		h.save("r", "AB", seqs[1])
		h.want("r", "AB", "c")
		h.reopen()
		h.want("r", "AB", "c")
	}},
	{name: "a random life", run: func(h *harness) { randomLife(h, func() {}) }},
	{name: "a random life with reopening", durable: true, run: func(h *harness) {
		randomLife(h, h.reopen)
	}},
}

func closed(h *harness) {
	h.append("r", "a")
	for range 2 {
		if err := h.store.Close(); err != nil {
			h.Fatalf("Close: %v", err)
		}
	}
	_, _, loadErr := h.store.Load(h.Context(), "r")
	appendErr := h.store.Append(h.Context(), rowsOf([]string{"r"}, []string{"b"}))
	saveErr := h.store.SaveSnapshot(h.Context(), "r", nil, 0)
	_, dropErr := h.store.DropExpired(h.Context(), epoch)
	_, roomsErr := h.store.Rooms(h.Context())
	archive := archiveErrors(h, h.Context(), "r")
	archive = append(archive, decisionErrors(h, h.Context())...)
	for _, err := range append(archive, loadErr, appendErr, saveErr, dropErr, roomsErr) {
		if !errors.Is(err, persist.ErrClosed) {
			h.Errorf("%v, want %v", err, persist.ErrClosed)
		}
	}
}

// model is the expected state of a room.
type model struct {
	snapshot string
	rows     map[uint64]string // by number
	last     uint64            // the newest number given out
}

// randomLife makes random calls and compares the store with a model.
func randomLife(h *harness, reopen func()) {
	random := rand.New(rand.NewPCG(5, 8))
	rooms := map[string]*model{}
	for i := range 12 {
		rooms[fmt.Sprint("room", i)] = &model{snapshot: none, rows: map[uint64]string{}}
	}
	names := slices.Sorted(maps.Keys(rooms))
	for step := range 600 {
		name := names[random.IntN(len(names))]
		switch random.IntN(8) {
		case 0:
			h.saveSome(random, name, rooms[name], text(random, step))
		case 1:
			h.check(name, rooms[name])
			if step%5 == 0 {
				reopen()
			}
		default:
			h.appendSome(random, names, rooms)
		}
	}
	for _, name := range names {
		h.check(name, rooms[name])
	}
}

// saveSome saves a snapshot that covers some of the rows, all of them, or more than there are.
func (h *harness) saveSome(random *rand.Rand, name string, m *model, snapshot string) {
	through := m.last + random.Uint64N(3)
	through -= min(through, random.Uint64N(40))
	h.save(name, snapshot, through)
	m.snapshot = snapshot
	maps.DeleteFunc(m.rows, func(seq uint64, _ string) bool { return seq <= through })
}

func (h *harness) appendSome(random *rand.Rand, names []string, rooms map[string]*model) {
	n := 1 + random.IntN(6)
	batch, rows := make([]string, n), make([]string, n)
	for i := range n {
		batch[i], rows[i] = names[random.IntN(len(names))], text(random, i)
	}
	for i, seq := range h.commit(batch, rows) {
		m := rooms[batch[i]]
		if seq <= m.last {
			h.Errorf("number %d of %s after %d", seq, batch[i], m.last)
		}
		m.rows[seq], m.last = rows[i], seq
	}
}

func (h *harness) check(name string, m *model) {
	h.Helper()
	var rows []string
	for _, seq := range slices.Sorted(maps.Keys(m.rows)) {
		rows = append(rows, m.rows[seq])
	}
	h.want(name, m.snapshot, rows...)
}

// text returns a blob, mostly short, now and then of several pages.
func text(random *rand.Rand, n int) string {
	if random.IntN(10) == 0 {
		return noise(random.IntN(100 << 10))
	}
	return fmt.Sprint("text ", n, random.Uint32())
}
