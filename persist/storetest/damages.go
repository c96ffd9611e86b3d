package storetest

import (
	"errors"

	"github.com/civicpress/civic-realtime/persist"
)

// damages are tests of damage, and of Quarantine.
var damages = []testcase{
	{name: "a room that is quarantined is empty but for its versions", durable: true, run: quarantine},
	{name: "quarantining what is not there", run: func(h *harness) {
		if err := h.store.Quarantine(h.Context(), "nothing"); err != nil {
			h.Error(err)
		}
		h.want("nothing", none)
	}},
	{name: "a damaged room fails until it is quarantined", durable: true, run: damagedRoom},
	{name: "nothing is damaged", durable: true, run: func(h *harness) {
		h.append("r", "a")
		h.reopen()
		if found := h.store.Damage(); len(found) > 0 || h.store.Healthy() != nil {
			h.Errorf("%v, %v", found, h.store.Healthy())
		}
	}},
}

func quarantine(h *harness) {
	h.save("r", "snapshot", h.append("r", "a", "b"))
	h.append("r", "c")
	h.append("other", "x")
	h.keep("r", "why", "a version")
	if err := h.store.Quarantine(h.Context(), "r"); err != nil {
		h.Fatal(err)
	}
	h.want("r", none)
	h.append("r", "d")
	h.reopen()
	h.want("r", none, "d")
	h.want("other", none, "x")
	if versions, err := h.store.Versions(h.Context(), "r"); len(versions) != 1 || err != nil {
		h.Errorf("%v, %v", versions, err)
	}
}

func damagedRoom(h *harness) {
	if h.damage == nil {
		h.Fatal("a durable backend must say how it can be damaged")
	}
	h.append("damaged", "first")
	h.save("damaged", "the snapshot", h.append("damaged", "second"))
	h.append("other", "x")
	if err := h.store.Close(); err != nil {
		h.Fatal(err)
	}
	h.damage(h.T, "damaged")
	for range 2 {
		h.store = h.open()
		_, _, err := h.store.Load(h.Context(), "damaged")
		var corrupt *persist.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Room != "damaged" {
			h.Fatalf("Load: %v", err)
		}
		h.want("other", none, "x")
		h.reopen()
		if err := h.store.Close(); err != nil {
			h.Fatal(err)
		}
	}
	h.store = h.open()
	if err := h.store.Quarantine(h.Context(), "damaged"); err != nil {
		h.Fatal(err)
	}
	h.append("damaged", "anew")
	h.reopen()
	h.want("damaged", none, "anew")
}
