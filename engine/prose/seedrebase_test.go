package prose

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// editedBy returns a state after a client has changed its text to another.
func editedBy(t testing.TB, state yjs.CheckedUpdate, client uint64, text string) yjs.CheckedUpdate {
	t.Helper()
	s := markdown.Schema{}
	v := viewOf(t, state)
	if v.Has(client) {
		t.Fatalf("client %d has typed already", client)
	}
	e := newEditor(s, client, false)
	e.children(rootOf(v, s), &unit{node: Read(v, s)}, Storable(parse(t, text)))
	return merged(t, state.Bytes(), yjs.AppendDeletes(e.w.AppendSections(nil), yjs.JoinDeletes(e.deletes)))
}

// collected returns a state as a client has it that collects garbage: without deleted content.
func collected(t testing.TB, state yjs.CheckedUpdate) yjs.CheckedUpdate {
	t.Helper()
	return checked(t, viewOf(t, state).AppendCompacted(nil))
}

// diffFor returns the part of a state that a room lacks.
func diffFor(t testing.TB, room, state yjs.CheckedUpdate) yjs.CheckedUpdate {
	t.Helper()
	r, d := docOf(room), docOf(state)
	have, err := yjs.ParseStateVector(nil, r.AppendStateVector(nil))
	if err != nil {
		t.Fatal(err)
	}
	return checked(t, d.AppendDiff(nil, have))
}

func docOf(state yjs.CheckedUpdate) *ydoc.Doc {
	d := new(ydoc.Doc)
	d.Apply(state)
	return d
}

// hasForeignSeed calls HasForeignSeed with what is retired in the room.
func hasForeignSeed(room, update yjs.CheckedUpdate) bool {
	d := docOf(room)
	return HasForeignSeed(d, Retired(d, markdown.Schema{}), update, true, markdown.Schema{})
}

// rebased returns the room after returning and its rebase are merged into it.
func rebased(t testing.TB, room, returning yjs.CheckedUpdate) yjs.CheckedUpdate {
	t.Helper()
	update, err := RebaseSeed(room, returning, markdown.Schema{})
	if err != nil {
		t.Fatal(err)
	}
	again, _ := RebaseSeed(room, returning, markdown.Schema{})
	if string(again) != string(update) {
		t.Error("another rebase the second time")
	}
	return merged(t, room.Bytes(), returning.Bytes(), update)
}

// TestRebaseSeed checks the text of a room to which a client with another seed returns, with and
// without the deleted content, and that a second return changes nothing.
func TestRebaseSeed(t *testing.T) {
	for name, c := range map[string]struct{ seed, offline, room, people, want string }{
		"the same text":                          {"a\n\nb", "a\n\nb", "a\n\nb", "", "a\n\nb"},
		"the same text, typed offline":           {"a\n\nb", "a\n\nb c", "a\n\nb", "", "a\n\nb c"},
		"an older text":                          {"a\n\nb", "a\n\nb", "a\n\nb 2\n\nc", "", "a\n\nb 2\n\nc"},
		"an older text, the room typed in":       {"a\n\nb", "a\n\nb", "a\n\nb 2", "x a\n\nb 2", "x a\n\nb 2"},
		"a word offline":                         {"one two\n\nb", "one and two\n\nb", "one two\n\nb 2", "", "one and two\n\nb 2"},
		"a word offline, in what was changed":    {"one two three", "one and two three", "one two 3", "", "one and two 3"},
		"a paragraph offline":                    {"a\n\nb", "a\n\nnew\n\nb", "a\n\nb\n\nc", "", "a\n\nnew\n\nb\n\nc"},
		"both in different paragraphs":           {"a\n\nb", "a offline\n\nb", "a\n\nb 2", "a\n\nb 2 typed", "a offline\n\nb 2 typed"},
		"a paragraph deleted offline":            {"a\n\nbcd\n\nc", "a\n\nc", "a\n\nbcd\n\nc 2", "", "a\n\nc 2"},
		"one deleted that was changed":           {"a\n\nbcd\n\nc", "a\n\nc", "a\n\nbcd and more\n\nc", "", "a\n\nbcd and more\n\nc"},
		"a word deleted offline":                 {"one two three\n\nb", "one three\n\nb", "one two three\n\nb 2", "", "one three\n\nb 2"},
		"a word replaced offline":                {"one two three\n\nb", "one 2 three\n\nb", "one two three\n\nb 2", "", "one 2 three\n\nb 2"},
		"a bold word deleted offline":            {"one **two** three\n\nb", "one three\n\nb", "one **two** three\n\nb 2", "", "one three\n\nb 2"},
		"a paragraph cut in two offline":         {"one two", "one\n\ntwo", "one two\n\nb", "", "one\n\nb\n\ntwo"},
		"two made one offline":                   {"one\n\ntwo\n\nb", "one two\n\nb", "one\n\ntwo\n\nb 2", "", "one two\n\nb 2"},
		"a heading's level offline":              {"# a\n\nb", "## a\n\nb", "# a\n\nb 2", "", "## a\n\nb 2"},
		"a paragraph becomes a heading":          {"a\n\nb", "# a\n\nb", "a\n\nb 2", "", "# a\n\nb 2"},
		"bold offline":                           {"one two", "one **two**", "one two\n\nb", "", "one **two**\n\nb"},
		"an item offline":                        {"* a\n* b", "* a\n* new\n* b", "* a\n* b\n* c", "", "* a\n\n* new\n\n* b\n\n* c"},
		"an item deleted offline":                {"* a\n* bcd\n* c", "* a\n* c", "* a\n* bcd\n* c 2", "", "* a\n\n* c 2"},
		"a row offline":                          {"| a |\n| --- |\n| b |", "| a |\n| --- |\n| b |\n| c |", "| a |\n| --- |\n| b 2 |", "", "| a |\n| --- |\n| b 2 |\n| c |"},
		"all deleted offline":                    {"abc", "", "abc", "", ""},
		"nothing in the old text":                {"", "typed", "a", "", "a\n\ntyped"},
		"the text that the room was changed to":  {"a", "a b", "a b", "", "a b"},
		"an item's text offline, beside another": {"1. a\n2. b", "1. a x\n2. b", "1. a\n2. b y", "", "1. a x\n\n2. b y"},
	} {
		for form, gc := range map[string]func(testing.TB, yjs.CheckedUpdate) yjs.CheckedUpdate{
			"": func(_ testing.TB, u yjs.CheckedUpdate) yjs.CheckedUpdate { return u }, ", collected": collected,
		} {
			t.Run(name+form, func(t *testing.T) {
				room := seeded(t, c.room)
				if c.people != "" {
					room = editedBy(t, room, 1, c.people)
				}
				client := gc(t, editedBy(t, seeded(t, c.seed), 2, c.offline))
				returning := diffFor(t, room, client)
				if got, want := hasForeignSeed(room, returning), c.seed != c.room; got != want {
					t.Errorf("foreign: %v, want %v", got, want)
				}
				after := rebased(t, room, returning)
				if got, want := text(t, after), c.want; got != want {
					t.Errorf("%q, want %q", got, want)
				}
				back := rebased(t, after, returning)
				if text(t, back) != text(t, after) || hasForeignSeed(after, returning) &&
					c.offline == c.seed {
					t.Errorf("back again it is %q", text(t, back))
				}
			})
		}
	}
}

// TestRebaseTwoSeeds shows that two clients can return one after the other with an old text that
// they share and have both changed.
func TestRebaseTwoSeeds(t *testing.T) {
	for name, gc := range map[string]func(testing.TB, yjs.CheckedUpdate) yjs.CheckedUpdate{
		"": func(_ testing.TB, u yjs.CheckedUpdate) yjs.CheckedUpdate { return u }, "collected": collected,
	} {
		t.Run(name, func(t *testing.T) {
			old := seeded(t, "one\n\ntwo\n\nthree")
			shared := editedBy(t, old, 2, "one shared\n\ntwo\n\nthree")
			room := seeded(t, "one\n\ntwo\n\nthree\n\nfour")
			first := gc(t, editedBy(t, shared, 3, "one shared\n\ntwo first\n\nthree"))
			second := gc(t, editedBy(t, shared, 4, "one shared\n\ntwo\n\nthree second\n\nfive"))
			room = gc(t, rebased(t, room, diffFor(t, room, first)))
			if got, want := text(t, room), "one shared\n\ntwo first\n\nthree\n\nfour"; got != want {
				t.Fatalf("%q, want %q", got, want)
			}
			if !hasForeignSeed(room, diffFor(t, room, second)) {
				t.Error("what the second wrote beside the old text is not foreign")
			}
			room = rebased(t, room, second)
			if got, want := text(t, room), "one shared\n\ntwo first\n\nthree second\n\nfour\n\nfive"; got != want {
				t.Errorf("%q, want %q", got, want)
			}
			later := editedBy(t, merged(t, room.Bytes(), second.Bytes()), 5,
				"one shared\n\ntwo first\n\nthree second\n\nfour later\n\nfive")
			if hasForeignSeed(room, diffFor(t, room, later)) {
				t.Error("who has returned and types on is foreign")
			}
		})
	}
}

// TestRebaseSeedLosesNothing rebases documents with random edits: the room then has all edits, and
// no paragraph of the seed twice.
func TestRebaseSeedLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 0))
	for i := range 200 {
		var base []string
		for n := range 6 {
			base = append(base, fmt.Sprintf("Paragraph%d %s", n, texts.Words(r)))
		}
		outside, offline := editRandomly(r, base, "outside"), editRandomly(r, base, "offline")
		room := seeded(t, strings.Join(outside, "\n\n"))
		client := collected(t, editedBy(t, seeded(t, strings.Join(base, "\n\n")), uint64(100+i),
			strings.Join(offline, "\n\n")))
		got := text(t, rebased(t, room, diffFor(t, room, client)))
		for word, texts := range map[string][]string{"outside": outside, "offline": offline} {
			if want, is := strings.Count(strings.Join(texts, " "), word), strings.Count(got, word); is != want {
				t.Errorf("%d of %d %s in\n%s", is, want, word, got)
			}
		}
		for n := range base {
			if strings.Count(got, fmt.Sprint("Paragraph", n)) > 1 {
				t.Errorf("paragraph %d is there twice:\n%s", n, got)
			}
		}
		if t.Failed() {
			t.Fatalf("outside\n%s\n\noffline\n%s", strings.Join(outside, "\n\n"),
				strings.Join(offline, "\n\n"))
		}
	}
}

// TestHasForeignSeed checks which updates are foreign, and that the check does not allocate.
func TestHasForeignSeed(t *testing.T) {
	room := seeded(t, "a\n\nb")
	d := docOf(room)
	for name, c := range map[string]struct {
		update yjs.CheckedUpdate
		want   bool
	}{
		"nothing":          {checked(t, []byte{0, 0}), false},
		"typing":           {diffFor(t, room, editedBy(t, room, 7, "a b\n\nb")), false},
		"an edit":          {checked(t, edit(t, room, "a\n\nnew\n\nb")), false},
		"the room's seed":  {room, false},
		"another seed":     {seeded(t, "a"), true},
		"typing upon that": {editedBy(t, seeded(t, "a"), 8, "a b"), true},
	} {
		if got := HasForeignSeed(d, nil, c.update, true, markdown.Schema{}); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if n := testing.AllocsPerRun(100, func() { HasForeignSeed(d, nil, c.update, true, markdown.Schema{}) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		if HasForeignSeed(new(ydoc.Doc), nil, c.update, true, markdown.Schema{}) {
			t.Errorf("%s: foreign to an empty room", name)
		}
	}
}
