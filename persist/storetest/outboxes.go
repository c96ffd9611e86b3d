package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// RunOutbox runs the tests of an outbox. prepare makes an empty one, and returns a function that
// opens it, and opens it again after Close.
func RunOutbox(t *testing.T, prepare func(t *testing.T) (open func() Outbox)) {
	for name, run := range map[string]func(*outboxHarness){
		"entries are kept in order":         outboxOrder,
		"an id is kept once":                outboxIDs,
		"entries are changed and dropped":   outboxChanges,
		"entries are moved to the end":      outboxMoves,
		"a full outbox takes only marks":    outboxFull,
		"marks are kept and dropped":        outboxMarks,
		"everything is there after Close":   outboxReopened,
		"malformed entries are refused":     outboxMalformed,
		"a closed outbox refuses calls":     outboxClosed,
		"an ended context changes nothing":  outboxContext,
		"many goroutines add at once":       outboxRaces,
		"many entries are read in portions": outboxPortions,
	} {
		t.Run(name, func(t *testing.T) {
			h := &outboxHarness{T: t, open: prepare(t)}
			h.box = h.open()
			t.Cleanup(func() { _ = h.box.Close() })
			run(h)
		})
	}
}

func outboxOrder(h *outboxHarness) {
	h.want()
	h.add(entry("a", "1", "x"), entry("b", "1", "y"))
	h.add(entry("a", "2", ""))
	h.want("a 1 x", "b 1 y", "a 2 ")
	if held, err := h.box.Hold(h.Context(), time.Minute); !held || err != nil {
		h.Errorf("Hold: %v, %v", held, err)
	}
}

func outboxIDs(h *outboxHarness) {
	h.add(entry("a", "1", "x"), entry("a", "1", "y"))
	h.add(entry("a", "1", "z"), entry("a", "2", "z"))
	h.want("a 1 x", "a 2 z")
	h.change(nil, h.all()[0].Seq)
	h.add(entry("a", "1", "again"))
	h.want("a 2 z", "a 1 again")
}

func outboxChanges(h *outboxHarness) {
	h.add(entry("a", "1", "x"), entry("a", "2", "y"), entry("a", "3", "z"))
	all := h.all()
	changed := all[1]
	changed.Data = []byte("a longer text")
	missing := persist.OutboxEntry{Seq: all[2].Seq + 7, Queue: "a", ID: "9", Data: []byte("no")}
	h.change([]persist.OutboxEntry{changed, missing}, all[0].Seq, all[2].Seq+8)
	h.want("a 2 a longer text", "a 3 z")
	h.change([]persist.OutboxEntry{all[0]}) // it was dropped, and stays so
	h.want("a 2 a longer text", "a 3 z")
}

func outboxMoves(h *outboxHarness) {
	h.add(entry("a", "1", "x"), entry("a", "2", "y"))
	first := h.all()[0]
	first.Data = []byte("moved")
	h.add(first)
	h.want("a 2 y", "a 1 moved")
	h.add(first) // it is not at that number any more
	h.want("a 2 y", "a 1 moved")
	h.add(entry("a", "1", "other"))
	h.want("a 2 y", "a 1 moved")
}

func outboxFull(h *outboxHarness) {
	one := entry("a", "1", strings.Repeat("x", 100))
	limit := persist.OutboxSize(one)
	if err := h.box.Add(h.Context(), limit, []persist.OutboxEntry{one}, nil); err != nil {
		h.Fatal(err)
	}
	marks := []persist.OutboxMark{{Key: "m", Data: []byte("1")}}
	two := []persist.OutboxEntry{entry("a", "2", "y")}
	if err := h.box.Add(h.Context(), limit, two, marks); !errors.Is(err, persist.ErrOutboxFull) {
		h.Errorf("the outbox is full, and takes an entry: %v", err)
	}
	h.wantMarks(map[string]string{})
	if err := h.box.Add(h.Context(), limit, nil, marks); err != nil {
		h.Error(err)
	}
	h.wantMarks(map[string]string{"m": "1"})
	h.change(nil, h.all()[0].Seq)
	if err := h.box.Add(h.Context(), limit, two, nil); err != nil {
		h.Error(err)
	}
	h.want("a 2 y")
}

func outboxMarks(h *outboxHarness) {
	set := func(key, data string) {
		h.Helper()
		mark := persist.OutboxMark{Key: key, Data: []byte(data)}
		if err := h.box.Add(h.Context(), 0, nil, []persist.OutboxMark{mark}); err != nil {
			h.Fatal(err)
		}
	}
	set("a", "1")
	set("b", "2")
	set("a", "3")
	h.wantMarks(map[string]string{"a": "3", "b": "2"})
	set("a", "")
	set("c", "")
	h.wantMarks(map[string]string{"b": "2"})
}

func outboxReopened(h *outboxHarness) {
	marks := []persist.OutboxMark{{Key: "m", Data: []byte("\x00\xff")}}
	first := []persist.OutboxEntry{entry("a", "1", "x")}
	if err := h.box.Add(h.Context(), 0, first, marks); err != nil {
		h.Fatal(err)
	}
	before := h.all()
	if err := errors.Join(h.box.Close(), h.box.Close()); err != nil {
		h.Fatal(err)
	}
	h.box = h.open()
	h.want("a 1 x")
	h.wantMarks(map[string]string{"m": "\x00\xff"})
	h.change(nil, before[0].Seq)
	h.add(entry("a", "1", "new"))
	if after := h.all(); len(after) != 1 || after[0].Seq <= before[0].Seq {
		h.Errorf("after %v, %v: a number was given out twice", before, after)
	}
}

func outboxMalformed(h *outboxHarness) {
	long := strings.Repeat("x", persist.MaxOutboxName+1)
	for _, e := range []persist.OutboxEntry{
		entry("", "1", ""), entry("a", "", ""), entry("a\x00", "1", ""), entry("a", "\x00", ""),
		entry(long, "1", ""), entry("a", long, ""),
		{Queue: "a", ID: "1", Data: make([]byte, persist.MaxOutboxData+1)},
	} {
		all := []persist.OutboxEntry{entry("good", "1", ""), e}
		if err := h.box.Add(h.Context(), 0, all, nil); !errors.Is(err, persist.ErrOutboxEntry) {
			h.Errorf("%.20q, %.20q: %v", e.Queue, e.ID, err)
		}
		if err := h.box.Change(h.Context(), all, nil); !errors.Is(err, persist.ErrOutboxEntry) {
			h.Errorf("Change, %.20q, %.20q: %v", e.Queue, e.ID, err)
		}
	}
	for _, key := range []string{"", strings.Repeat("x", persist.MaxOutboxKey+1)} {
		marks := []persist.OutboxMark{{Key: key, Data: []byte("x")}}
		if err := h.box.Add(h.Context(), 0, nil, marks); !errors.Is(err, persist.ErrOutboxEntry) {
			h.Errorf("mark %.20q: %v", key, err)
		}
	}
	h.want()
	longest := entry(long[1:], long[1:], noise(persist.MaxOutboxData))
	h.add(longest)
	if got := h.all(); len(got) != 1 || string(got[0].Data) != string(longest.Data) {
		h.Errorf("the longest entry is not kept: %d entries", len(got))
	}
}

// outboxErrors returns the error of each call.
func (h *outboxHarness) outboxErrors(ctx context.Context) []error {
	add := h.box.Add(ctx, 0, []persist.OutboxEntry{entry("a", "9", "")}, nil)
	_, entries := h.box.Entries(ctx, 0, 1)
	_, marks := h.box.Marks(ctx)
	_, _, size := h.box.Size(ctx)
	return []error{add, h.box.Change(ctx, nil, []uint64{1}), entries, marks, size}
}

func outboxClosed(h *outboxHarness) {
	h.add(entry("a", "1", "x"))
	_ = h.box.Close()
	for i, err := range h.outboxErrors(h.Context()) {
		if !errors.Is(err, persist.ErrClosed) {
			h.Errorf("call %d: %v", i, err)
		}
	}
}

func outboxContext(h *outboxHarness) {
	h.add(entry("a", "1", "x"))
	ctx, cancel := context.WithCancel(h.Context())
	cancel()
	for i, err := range h.outboxErrors(ctx) {
		if !errors.Is(err, context.Canceled) {
			h.Errorf("call %d: %v", i, err)
		}
	}
	h.want("a 1 x")
}

func outboxRaces(h *outboxHarness) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 20 {
				one := []persist.OutboxEntry{entry(fmt.Sprint(i), fmt.Sprint(j), "x")}
				_ = h.box.Add(h.Context(), 0, one, nil)
			}
		})
	}
	all.Wait()
	next := map[string]int{}
	for _, e := range h.all() {
		if e.ID != fmt.Sprint(next[e.Queue]) {
			h.Fatalf("queue %s has %s after %d", e.Queue, e.ID, next[e.Queue]-1)
		}
		next[e.Queue]++
	}
	if len(next) != 8 || next["0"] != 20 {
		h.Errorf("%v", next)
	}
}

func outboxPortions(h *outboxHarness) {
	var all []persist.OutboxEntry
	for i := range 1000 {
		all = append(all, entry("a", fmt.Sprint(i), strings.Repeat("x", 300)))
	}
	h.add(all...)
	read, after := 0, uint64(0)
	for {
		part, err := h.box.Entries(h.Context(), after, 300)
		if err != nil {
			h.Fatal(err)
		}
		if len(part) == 0 {
			break
		}
		for _, e := range part {
			if e.ID != fmt.Sprint(read) {
				h.Fatalf("entry %d is %s", read, e.ID)
			}
			read++
		}
		after = part[len(part)-1].Seq
	}
	if read != len(all) {
		h.Errorf("%d of %d are read", read, len(all))
	}
	h.change(nil, func() (seqs []uint64) {
		for _, e := range h.all() {
			seqs = append(seqs, e.Seq)
		}
		return seqs
	}()...)
	h.want()
}
