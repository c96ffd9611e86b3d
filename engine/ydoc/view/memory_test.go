package view

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestReuse shows that a view that reuses the memory of another has nothing of its document, and
// that Release drops the update.
func TestReuse(t *testing.T) {
	a, z := yjs.ID{Client: 1, Clock: 0}, yjs.ID{Client: 1, Clock: 1}
	old := newView(t, []yjs.DeleteRange{{Client: 1, Clock: 1, End: 2}},
		section(3, between(yjs.RefString, a, z)+str("C")),
		section(2, between(yjs.RefString, a, z)+str("B")),
		section(1, inRoot(yjs.RefString, "t")+str("az"), inRoot(yjs.RefString, "other")+str("x")),
	)
	if got := old.Root("t").String(); got != "aBC" {
		t.Fatalf("text %q, want aBC", got)
	}
	size := old.Memory()
	if old.Release(); old.raw != nil || old.Memory() != size {
		t.Errorf("it holds %d bytes of the update", len(old.raw))
	}
	u, err := yjs.CheckUpdate(yjs.AppendDeletes([]byte("\x01"+section(9,
		inRoot(yjs.RefString, "t")+str("new"))), nil))
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(u, Reuse(old))
	if err != nil {
		t.Fatal(err)
	}
	if got, roots := v.Root("t").String(), v.Roots(); got != "new" || len(roots) != 1 || v.Has(1) ||
		v.Memory() != size {
		t.Errorf("text %q, roots %q, %d bytes in the memory of %d", got, roots, v.Memory(), size)
	}
}
