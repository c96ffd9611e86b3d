package cluster

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// insertion returns an update in which a client inserts text into the root "text".
func insertion(client uint64, text string) yjs.CheckedUpdate {
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client})
	return yjs.Trust(append(lib0.AppendString(lib0.AppendString(append(b, yjs.RefString, 1), "text"), text), 0))
}

func deletion(client, clock, end uint64) yjs.CheckedUpdate {
	return yjs.Trust(yjs.AppendDeletes([]byte{0}, []yjs.DeleteRange{{Client: client, Clock: clock, End: end}}))
}

func docOf(updates ...yjs.CheckedUpdate) *ydoc.Doc {
	d := &ydoc.Doc{}
	for _, u := range updates {
		d.Apply(u)
	}
	return d
}

// mustFind checks that what a rule lists is of this number, and mentions a text.
func mustFind(t *testing.T, found []string, n int, text string) {
	t.Helper()
	if len(found) != n || !strings.Contains(strings.Join(found, "\n"), text) {
		t.Errorf("found %q, want %d with %q", found, n, text)
	}
}

// TestLost shows that the checker finds text and deletions that somebody was shown and that are
// gone, and that it excuses clients.
func TestLost(t *testing.T) {
	hello, gone := insertion(1, "hello"), deletion(1, 1, 3)
	h := newHistory("r")
	h.show(hello)
	h.show(gone)
	mustFind(t, h.lost(docOf(hello, gone), nil), 0, "")
	mustFind(t, h.lost(docOf(hello, gone, insertion(2, "more"), deletion(1, 0, 4)), nil), 0, "")
	mustFind(t, h.lost(docOf(hello), nil), 1, "the deletion of 1 to 3")
	mustFind(t, h.lost(docOf(insertion(2, "more")), nil), 2, "clocks 0 to 5")
	mustFind(t, h.lost(docOf(hello, deletion(1, 1, 2)), nil), 1, "deletion")
	mustFind(t, h.lost(docOf(), func(client uint64) bool { return client == 1 }), 0, "")
}

// TestWrongWords shows that the checker finds words that are missing, doubled, deleted or made up,
// and text of the record that is doubled.
func TestWrongWords(t *testing.T) {
	h := newHistory("r", "Dogs.")
	for _, w := range []string{"u1n1", "u1n2", "u2n1"} {
		h.type_(w)
	}
	h.delete("u1n2")
	h.leave([]string{"u2n1"})
	mustFind(t, h.wrongWords("u1n1\n\nDogs."), 0, "")
	mustFind(t, h.wrongWords("u1n1 u2n1\n\nDogs."), 0, "")
	mustFind(t, h.wrongWords("Dogs."), 1, "u1n1 is missing")
	mustFind(t, h.wrongWords("u1n1 u1n1\n\nDogs."), 1, "2 times")
	mustFind(t, h.wrongWords("u1n1 u2n1 u2n1\n\nDogs."), 1, "2 times")
	mustFind(t, h.wrongWords("u1n1 u1n2\n\nDogs."), 1, "was deleted")
	mustFind(t, h.wrongWords("u1n1 u1n3\n\nDogs."), 1, "never typed")
	mustFind(t, h.wrongWords("u1n1\n\nDogs.\n\nDogs."), 1, "Dogs")
	h.again = 1
	mustFind(t, h.wrongWords("u1n1 u1n1 u1n2\n\nDogs."), 0, "")
	mustFind(t, h.wrongWords("u1n1 u1n1 u1n1 u1n2 u1n2\n\nDogs."), 2, "3 times")
	mustFind(t, h.wrongWords("Dogs."), 1, "u1n1 is missing")
}

// TestWrongSaves shows that the checker finds drafts that are saved twice, older drafts saved after
// newer ones, and a text that is not saved.
func TestWrongSaves(t *testing.T) {
	saved := func(texts ...string) *history {
		h := newHistory("r")
		for _, w := range []string{"u1n1", "u1n2"} {
			h.type_(w)
		}
		for _, text := range texts {
			h.save("node A", text)
		}
		return h
	}
	mustFind(t, saved("u1n1", "u1n1 u1n2").wrongSaves("u1n1 u1n2\n"), 0, "")
	mustFind(t, saved().wrongSaves("u1n1"), 1, "the last draft")
	mustFind(t, saved("u1n1").wrongSaves("u1n1 u1n2"), 1, "the last draft")
	mustFind(t, saved("u1n1", "u1n1").wrongSaves("u1n1"), 1, "the same")
	mustFind(t, saved("u1n1 u1n2", "u1n1", "u1n1 u1n2").wrongSaves("u1n1 u1n2"), 1, "lacks u1n2")

	h := saved("u1n1 u1n2", "u1n1")
	h.delete("u1n2")
	mustFind(t, h.wrongSaves("u1n1"), 0, "")

	h = saved("u1n1", "u1n1", "u1n1")
	h.stop()
	mustFind(t, h.wrongSaves("u1n1"), 1, "save 2")

	h = saved("u1n1 u1n2", "u1n1", "u1n1", "u1n1 u1n2")
	h.stop()
	mustFind(t, h.wrongSaves("u1n1 u1n2"), 1, "save 2")
}
