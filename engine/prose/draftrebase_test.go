package prose

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestWithCommon checks merge bases. None of these texts is in both sides by chance.
func TestWithCommon(t *testing.T) {
	for name, c := range map[string]struct{ base, ours, theirs, want string }{
		"nothing inserted":              {"a b", "a", "b", "a b"},
		"ours goes on":                  {"a", "a b c", "a b", "a b"},
		"theirs goes on":                {"a", "a b", "a b c", "a b"},
		"a word is half typed":          {"a", "a ha", "a half", "a ha"},
		"both in the midst":             {"a z", "a b c z", "a b d z", "a b z"},
		"beside a deleted word":         {"a b c", "a new c", "a new b c", "a new b c"},
		"both have deleted a word":      {"a b c", "a c d", "a c d e", "a c d"},
		"few words are common":          {"a", "a b c d e x", "a x f g h i", "a"},
		"only punctuation is":           {"a", "a, b", "a, c", "a"},
		"a blank before and behind":     {"a c", "a b c", "x a b c", "a b c"},
		"new paragraphs":                {"z", "a b\n\nc\n\nz", "a b d\n\nz", "a b\n\nz"},
		"a new paragraph beside others": {"z", "a b\n\nz", "other\n\na b d\n\nz", "a b\n\nz"},
		"another new paragraph":         {"z", "a b\n\nz", "c d\n\nz", "z"},
		"all replaced":                  {"z", "a b", "a b c", "a b"},
		"a paragraph deleted by one":    {"x y\n\nz", "a\n\nz", "x y\n\na\n\nz", "x y\n\na\n\nz"},
		"nothing before":                {"", "a b", "a b c", "a b"},
		"a heading":                     {"z", "# a b\n\nz", "# a b c\n\nz", "# a b\n\nz"},
		"a heading and a paragraph":     {"z", "# a b\n\nz", "a b c\n\nz", "z"},
		"a list":                        {"z", "* a\n* b c\n\nz", "* a\n* b\n* d\n\nz", "* a\n\n* b\n\nz"},
		"items":                         {"* a", "* a\n* b c", "* a\n* b c d\n* e", "* a\n\n* b c"},
		"code":                          {"z", "```\na b\n```\n\nz", "```\na b c\n```\n\nz", "```\na b\n```\n\nz"},
		"a row": {"| a | b |\n| --- | --- |\n| 1 | 2 |", "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 |  |",
			"| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |", "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 |  |"},
		"marks":                {"a", "a **b** c", "a **b** c d", "a **b** c"},
		"words without blanks": {"東", "東京都", "東京都庁", "東京都"},
	} {
		t.Run(name, func(t *testing.T) {
			got := withCommon(parse(t, c.base), parse(t, c.ours), parse(t, c.theirs))
			if want := Storable(parse(t, c.want)); !equal(got, want) {
				t.Errorf("%q, want %q", markdown.Format(got), c.want)
			}
		})
	}
}

// history is a document that a few clients edit, each of which is away at times. Each word is typed
// once.
type history struct {
	t       *testing.T
	random  *rand.Rand
	server  yjs.CheckedUpdate
	clients [3]yjs.CheckedUpdate
	away    [3]bool
	words   int
	edits   uint64
	deleted []string
	end     string // of each word, so that none is in another one
}

func (h *history) word() string {
	h.words++
	return fmt.Sprintf("w%d%s%s", h.words, strings.Repeat("x", h.random.IntN(30)), h.end)
}

// edit returns a state after somebody has typed one or two words, or deleted one.
func (h *history) edit(state yjs.CheckedUpdate) yjs.CheckedUpdate {
	blocks := strings.Split(strings.TrimSpace(text(h.t, state)), "\n\n")
	i := h.random.IntN(len(blocks))
	words := strings.Fields(blocks[i])
	at := h.random.IntN(len(words) + 1)
	switch kind := h.random.IntN(10); {
	case kind == 0:
		words = []string{h.word(), h.word()}
		blocks = slices.Insert(blocks, i, "")
	case kind < 3 && len(words) > 1:
		at = min(at, len(words)-1)
		h.deleted = append(h.deleted, words[at])
		words = slices.Delete(words, at, at+1)
	case kind < 8:
		words = append(words, h.word())
	default:
		words = slices.Insert(words, at, h.word())
	}
	blocks[i] = strings.Join(words, " ")
	h.edits++
	return editedBy(h.t, state, 1000+h.edits, strings.Join(blocks, "\n\n"))
}

// step lets one client edit, and sends what is new to all that are not away.
func (h *history) step() {
	i := h.random.IntN(len(h.clients))
	h.clients[i] = h.edit(h.clients[i])
	if h.random.IntN(8) == 0 {
		i := h.random.IntN(len(h.away))
		h.away[i] = !h.away[i]
	}
	for range 2 {
		for i := range h.clients {
			if !h.away[i] {
				h.server = merged(h.t, h.server.Bytes(), h.clients[i].Bytes())
				h.clients[i] = h.server
			}
		}
	}
}

// collectedOrNot returns a state with or without the content of what is deleted.
func (h *history) collectedOrNot(state yjs.CheckedUpdate) yjs.CheckedUpdate {
	if h.random.IntN(2) == 0 {
		return state
	}
	return collected(h.t, state)
}

// returned returns the room after a client has returned, which sends what the room lacks, and its
// whole document only if that is not enough.
func returned(t *testing.T, room, client yjs.CheckedUpdate) yjs.CheckedUpdate {
	diff := diffFor(t, room, client)
	if !hasForeignSeed(room, diff) {
		return merged(t, room.Bytes(), diff.Bytes())
	}
	if update, err := RebaseSeed(room, diff, markdown.Schema{}); err != nil || update == nil {
		return rebased(t, room, client)
	}
	return rebased(t, room, diff)
}

// TestRebaseOntoDraft plays histories of a document, makes a room of a text that it had, lets the
// clients return to that, and shows that the room has each word that was typed once.
func TestRebaseOntoDraft(t *testing.T) {
	for seed := range uint64(100) {
		h := &history{t: t, random: rand.New(rand.NewPCG(seed, 5))}
		first := h.word()
		for range 2 + h.random.IntN(15) {
			first += []string{" ", " ", "\n\n"}[h.random.IntN(3)] + h.word()
		}
		h.server = seeded(t, first)
		h.clients = [3]yjs.CheckedUpdate{h.server, h.server, h.server}
		for range 4 + h.random.IntN(6) {
			h.step()
		}
		draft := text(t, h.server)
		for range h.random.IntN(6) {
			h.step()
		}
		room, story := seeded(t, draft), fmt.Sprintf("%q becomes %q", first, draft)
		typed := draft
		for _, i := range h.random.Perm(len(h.clients)) {
			client := h.collectedOrNot(h.clients[i])
			room = returned(t, room, client)
			typed += " " + text(t, client)
			story += fmt.Sprintf("\n%q returns: %q", text(t, client), text(t, room))
			if room = h.collectedOrNot(room); h.random.IntN(3) == 0 {
				room = h.edit(room)
			}
		}
		for _, w := range strings.Fields(typed) {
			n := slices.Contains(h.deleted, w)
			is := strings.Count(" "+strings.Join(strings.Fields(text(t, room)), " ")+" ", " "+w+" ")
			if is > 1 || is == 0 && !n {
				t.Fatalf("seed %d: %s is there %d times\n%s\nat last %q", seed, w, is, story, text(t, room))
			}
		}
	}
}

// TestRebaseOntoDraftTwice loses the room twice, the first time while some clients have been sent
// its text and not their rebase: they have it twice. It shows that returning clients delete nothing
// of what the room began with.
func TestRebaseOntoDraftTwice(t *testing.T) {
	for seed := range uint64(100) {
		h := &history{t: t, random: rand.New(rand.NewPCG(seed, 6))}
		h.server = seeded(t, h.word()+" "+h.word()+"\n\n"+h.word()+" "+h.word()+" "+h.word())
		h.clients = [3]yjs.CheckedUpdate{h.server, h.server, h.server}
		for range 2 + h.random.IntN(6) {
			h.step()
		}
		draft := text(t, h.server)
		h.step()
		room := seeded(t, draft)
		for _, i := range h.random.Perm(len(h.clients)) {
			before := room
			room = returned(t, room, h.clients[i])
			if h.random.IntN(3) > 0 {
				before = room
			}
			h.clients[i] = merged(t, h.clients[i].Bytes(), before.Bytes())
		}
		draft = text(t, room)
		room = seeded(t, draft)
		for _, i := range h.random.Perm(len(h.clients)) {
			room = returned(t, room, h.clients[i])
		}
		for _, w := range strings.Fields(draft) {
			if is := text(t, room); !slices.Contains(h.deleted, w) && !strings.Contains(is, w) {
				t.Errorf("seed %d: %s is missing: %q became %q", seed, w, draft, is)
			}
		}
	}
}

// TestRebaseBack has two rooms of a document at the same time, as two nodes may if one of them is
// cut off when Redis is emptied: a client of the second room comes to the first, whose clients come
// to the second in the end. It shows that the second room loses nothing, and that nearly always
// each word that was typed is there once. A word may be missing that was typed into text which both
// rooms have deleted and compacted.
func TestRebaseBack(t *testing.T) {
	amiss := 0
	for seed := range uint64(100) {
		h := &history{t: t, random: rand.New(rand.NewPCG(seed, 7)), end: "z"}
		h.server = seeded(t, h.word()+" "+h.word()+"\n\n"+h.word()+" "+h.word()+" "+h.word())
		h.clients = [3]yjs.CheckedUpdate{h.server, h.server, h.server}
		h.steps(2 + h.random.IntN(6))
		second := seeded(t, text(t, h.server))
		h.steps(h.random.IntN(4))
		for range 1 + h.random.IntN(4) {
			second = h.edit(second)
		}
		moved := h.collectedOrNot(second)
		h.server = returned(t, h.server, moved)
		h.clients[0] = merged(t, moved.Bytes(), h.server.Bytes())
		h.steps(h.random.IntN(4))
		typed := ""
		for _, i := range h.random.Perm(len(h.clients)) {
			if h.random.IntN(2) == 0 {
				second = h.edit(second)
			}
			client, before := h.collectedOrNot(h.clients[i]), second
			second = h.collectedOrNot(returned(t, second, client))
			for _, w := range h.missing(text(t, before), text(t, second)) {
				t.Errorf("seed %d: %s is lost: %q became %q as %q came", seed, w,
					text(t, before), text(t, second), text(t, client))
			}
			typed += " " + text(t, client)
		}
		is := text(t, second)
		twice := func(w string) bool { return strings.Count(is, w) > 1 }
		if len(h.missing(typed, is)) > 0 || slices.ContainsFunc(strings.Fields(typed), twice) {
			amiss++
		}
	}
	if amiss > 7 {
		t.Errorf("in %d of 100 histories a word is missing or there twice", amiss)
	}
}

// missing returns the words of a text that another one lacks though nobody has deleted them.
func (h *history) missing(of, in string) (words []string) {
	for _, w := range strings.Fields(of) {
		if !slices.Contains(h.deleted, w) && !strings.Contains(in, w) {
			words = append(words, w)
		}
	}
	return words
}

func (h *history) steps(n int) {
	for range n {
		h.step()
	}
}
