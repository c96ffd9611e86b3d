package contents

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// stateOf returns the state of a document after some updates.
func stateOf(t *testing.T, updates ...[]byte) yjs.CheckedUpdate {
	t.Helper()
	var d ydoc.Doc
	for _, b := range updates {
		u, err := yjs.CheckUpdate(b)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if out := d.Apply(u); out.Missing || out.Refused != nil {
			t.Fatalf("%x: %+v", b, out)
		}
	}
	return yjs.Trust(d.AppendState(nil))
}

// mustText returns the text of a root.
func mustText(t *testing.T, state yjs.CheckedUpdate, root string) string {
	t.Helper()
	text, _, err := Text(state, markdown.Schema{}, root)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// mustEdit returns the state after a root was given another text.
func mustEdit(t *testing.T, state yjs.CheckedUpdate, root, to string) yjs.CheckedUpdate {
	t.Helper()
	update, err := EditText(state, root, to)
	if err != nil {
		t.Fatal(err)
	}
	if update == nil {
		return state
	}
	return stateOf(t, state.Bytes(), update)
}

var empty = yjs.Trust([]byte{0, 0})

// scribble returns a text that differs in some places.
func scribble(rnd *rand.Rand, text string) string {
	parts := []string{"a", "bc ", "\n", "😀", "é", "Wort ", "中文", "x"}
	runes := []rune(text)
	for range 1 + rnd.IntN(4) {
		at := rnd.IntN(len(runes) + 1)
		end := min(len(runes), at+rnd.IntN(5))
		insert := []rune(strings.Repeat(parts[rnd.IntN(len(parts))], rnd.IntN(3)))
		runes = append(runes[:at:at], append(insert, runes[end:]...)...)
	}
	return string(runes)
}

// TestEditTextGivesTheText shows that a text becomes any other one, edit after edit, with
// characters of one and two UTF-16 units.
func TestEditTextGivesTheText(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		state, text := empty, ""
		for range 12 {
			text = scribble(rnd, text)
			state = mustEdit(t, state, "notes", text)
			if got := mustText(t, state, "notes"); got != text {
				t.Fatalf("seed %d: %q, want %q", seed, got, text)
			}
		}
	}
}

// TestEditTextIsSmall shows that an edit leaves alone what both texts have, and that an equal text
// needs no edit.
func TestEditTextIsSmall(t *testing.T) {
	long := strings.Repeat("All of this stays as it is.\n", 100)
	state := mustEdit(t, empty, "notes", long+"The dog is here.\n"+long)
	update, err := EditText(state, "notes", long+"The cat is here.\n"+long)
	if err != nil || len(update) > 60 {
		t.Errorf("%d bytes, %v", len(update), err)
	}
	if update, err := EditText(state, "notes", long+"The dog is here.\n"+long); update != nil || err != nil {
		t.Errorf("%x, %v", update, err)
	}
}

// TestEditTextMerges shows that what others have written meanwhile stays.
func TestEditTextMerges(t *testing.T) {
	state := mustEdit(t, empty, "notes", "one two three")
	mine, err := EditText(state, "notes", "one 2 three")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := EditText(state, "notes", "one two three four")
	if err != nil {
		t.Fatal(err)
	}
	both := stateOf(t, state.Bytes(), theirs, mine)
	if got := mustText(t, both, "notes"); got != "one 2 three four" {
		t.Errorf("%q", got)
	}
}

// arrayRoot is an update with an array of one value in a root.
func arrayRoot(root string) []byte {
	b := []byte{1, 1, 7, 0, yjs.RefAny, 1}
	b = append(lib0.AppendString(b, root), 1)
	return append(lib0.AppendString(append(b, 0x77), "value"), 0)
}

// TestShapes shows what is said of a document that has no such content.
func TestShapes(t *testing.T) {
	array := stateOf(t, arrayRoot("list"))
	two := stateOf(t, arrayRoot("list"), mustEdit(t, empty, "notes", "text").Bytes())
	var shape *ShapeError
	for _, test := range []struct {
		state  yjs.CheckedUpdate
		as, in string
		want   string // of the error; empty: there is none
	}{
		{array, "text", "list", `the document has no text in "list"; it has "list" (an array)`},
		{array, "text", "", `the document has no text in "list"`},
		{array, "markdown", "", `the document has no Markdown in "default"; it has "list" (an array)`},
		{array, "json", "none", `the document has no such root in "none"`},
		{array, "edit", "list", `the document has no text in "list"`},
		{array, "edit", "other", ""},
		{array, "editmarkdown", "", `the document has no Markdown in "default"`},
		{two, "text", "", `the document has no single text; it has "list" (an array), "notes" (a text)`},
		{two, "text", "notes", ""},
		{empty, "text", "", ""},
		{empty, "markdown", "", ""},
	} {
		var err error
		switch test.as {
		case "text":
			_, _, err = Text(test.state, markdown.Schema{}, test.in)
		case "markdown":
			_, err = Markdown(test.state, markdown.Schema{})
		case "json":
			_, err = JSON(test.state, "default", test.in)
		case "edit":
			_, err = EditText(test.state, test.in, "x")
		case "editmarkdown":
			_, err = EditMarkdown(test.state, markdown.Schema{}, "x")
		}
		if test.want == "" && err != nil || test.want != "" && (!errors.As(err, &shape) || !strings.HasPrefix(err.Error(), test.want)) {
			t.Errorf("%s of %q: %v", test.as, test.in, err)
		}
	}
}

// TestMarkdown shows that a fragment is read as Markdown, as lines and as JSON, and edited.
func TestMarkdown(t *testing.T) {
	state := empty
	for _, text := range []string{"# Title\n\nDogs *bark*.", "# Title\n\nCats *purr*.\n\n* one\n\n* two"} {
		update, err := EditMarkdown(state, markdown.Schema{}, text)
		if err != nil {
			t.Fatal(err)
		}
		state = stateOf(t, state.Bytes(), update)
		if got, err := Markdown(state, markdown.Schema{}); got != text || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if got, root, err := Text(state, markdown.Schema{}, ""); got != "Title\nCats purr.\none\ntwo\n" || root != "" || err != nil {
		t.Errorf("%q, %q, %v", got, root, err)
	}
	if got, err := JSON(state, "default", "default"); !strings.Contains(string(got), "Cats") || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}
