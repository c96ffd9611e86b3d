package persist_test

import (
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, storetest.Backend{New: func(_ *testing.T, keep persist.Retention) func() storetest.Store {
		return func() storetest.Store { return persist.NewMemoryWith(keep) }
	}})
}

// TestNoAutomatic shows that a snapshot that is replaced is not kept where that is not wanted,
// and that versions with another reason are.
func TestNoAutomatic(t *testing.T) {
	for _, off := range []bool{false, true} {
		m := persist.NewMemoryWith(persist.Retention{NoAutomatic: off})
		for _, blob := range []string{"first", "second"} {
			if err := m.SaveSnapshot(t.Context(), "r", []byte(blob), 0); err != nil {
				t.Fatal(err)
			}
		}
		v := persist.Version{Why: "conflict"}
		if _, err := m.KeepVersion(t.Context(), "r", v, []byte("other")); err != nil {
			t.Fatal(err)
		}
		want := 2
		if off {
			want = 1
		}
		if kept, err := m.Versions(t.Context(), "r"); err != nil || len(kept) != want ||
			kept[want-1].Why != "conflict" {
			t.Errorf("off %v: %+v, %v", off, kept, err)
		}
	}
}

// TestMemoryOutbox shows that MemoryOutbox is an outbox as the comment of the package says.
func TestMemoryOutbox(t *testing.T) {
	storetest.RunOutbox(t, func(*testing.T) func() storetest.Outbox {
		m := persist.NewMemoryOutbox()
		return func() storetest.Outbox { return m.Open() }
	})
}
