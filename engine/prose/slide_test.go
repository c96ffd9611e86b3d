package prose

import (
	"bytes"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestInsertedWordsAreWhole shows that a word is inserted with a blank, and not as parts of words
// beside it that begin or end as it does: when one of them is deleted, the other one stays.
func TestInsertedWordsAreWhole(t *testing.T) {
	for _, c := range []struct{ from, to, inserted string }{
		{"a one.2 b", "a one.1 one.2 b", "one.1 "},
		{"a one.2 b", "a one.2 one.1 b", "one.1 "},
		{"a 1.one b", "a 1.one 2.one b", "2.one "},
		{"a one.2", "a one.2 one.1", " one.1"},
		{"one.2 b", "one.1 one.2 b", "one.1 "},
		{"a  b", "a x  b", " x"},
		{"a  b", "a  x b", "x "},
		{"a (x) b", "a (y) (x) b", "(y) "},
	} {
		state := seeded(t, c.from)
		update := edit(t, state, c.to)
		if !bytes.Contains(update, append([]byte{byte(len(c.inserted))}, c.inserted...)) || yjs.Trust(update).HasDeletes() {
			t.Errorf("%q, %q: %q", c.from, c.to, update)
		}
		back := merged(t, state.Bytes(), update, edit(t, merged(t, state.Bytes(), update), c.from))
		if got := text(t, back); got != c.from {
			t.Errorf("%q instead of %q", got, c.from)
		}
	}
}

// TestMarksStayWhereTextMoves shows that a word is inserted as a whole beside a word with other
// marks, too, and that no text changes its marks for that.
func TestMarksStayWhereTextMoves(t *testing.T) {
	for _, c := range [][2]string{
		{"a **one.2** b", "a **one.1 one.2** b"},
		{"a **one.2** b", "a one.1 **one.2** b"},
		{"a one.2 b", "a **one.1** one.2 b"},
		{"a **one.2 b** c", "a *one.1* **one.2 b** c"},
	} {
		state := seeded(t, c[0])
		there := edit(t, state, c[1])
		after := merged(t, state.Bytes(), there)
		back := edit(t, after, c[0])
		if !bytes.Contains(there, []byte("one.1")) || yjs.Trust(there).HasDeletes() {
			t.Errorf("%q: %q", c, there)
		}
		if yjs.Trust(back).HasStructs() {
			t.Errorf("%q back: %q", c, back)
		}
	}
}

// TestMergedWordsAreWhole shows that a word stays that one side has inserted beside one that begins
// or ends as it does, and that the other side has deleted.
func TestMergedWordsAreWhole(t *testing.T) {
	for _, c := range []struct{ base, ours, theirs, want string }{
		{"a one.2 b", "a one.1 one.2 b", "a b", "a one.1 b"},
		{"a 1.one b", "a 1.one 2.one b", "a b", "a 2.one b"},
		{"a one.1 one.2 b", "a one.1 b", "a one.1 x one.2 b", "a one.1 x b"},
	} {
		got := Merge(parse(t, c.base), parse(t, c.ours), parse(t, c.theirs))
		if got := markdown.Format(got); got != c.want {
			t.Errorf("%q, %q, %q: %q, want %q", c.base, c.ours, c.theirs, got, c.want)
		}
	}
}
