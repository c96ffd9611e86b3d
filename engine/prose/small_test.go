package prose

import (
	"fmt"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// countUnits returns how many units an update writes and deletes.
func countUnits(t testing.TB, update []byte) (written, deleted uint64) {
	t.Helper()
	if update == nil {
		return 0, 0
	}
	u := checked(t, update)
	r := u.Read()
	for s := range u.Sections() {
		written += s.End - s.Clock
	}
	for r.NextSection() {
	}
	deletes := r.Deletes()
	for d := (yjs.DeleteRange{}); deletes.Next(&d); {
		deleted += d.End - d.Clock
	}
	return written, deleted
}

// TestEditUpdatesAreSmall checks how many units an edit writes and deletes: none of content that
// stays.
func TestEditUpdatesAreSmall(t *testing.T) {
	for name, c := range map[string]struct {
		from, to         string
		written, deleted uint64
	}{
		"nothing":                       {"a\n\nb", "a\n\nb", 0, 0},
		"another way to write the same": {"a  \nb\n\n- c", "a\\\nb\n\n* c", 0, 0},
		"a letter":                      {"one two three", "one twoo three", 1, 0},
		"a word":                        {"one two three", "one 2 three", 1, 3},
		"two words apart":               {"the first and the last", "the 1st and the end", 4, 7},
		"a sentence":                    {"we met on Monday", "they slept in peace", 19, 16},
		"a pair of surrogates":          {"a 😀 b", "a 😁 b", 2, 2},
		"half of one stays together":    {"😀", "😀😁", 2, 0},
		"all of a paragraph":            {"abc", "", 0, 4},
		"a paragraph between":           {"a\n\nb", "a\n\nnew\n\nb", 5, 0},
		"a paragraph less":              {"a\n\nb\n\nc", "a\n\nc", 0, 3},
		"a paragraph in front":          {"a", "new\n\na", 5, 0},
		"a paragraph, another changed":  {"a\n\nthe old text", "a\n\nnew\n\nthe older text", 7, 0},
		"a block of another kind":       {"a\n\nb", "# a\n\nb", 4, 3},
		"the level of a heading":        {"# a", "## a", 1, 1},
		"the language of code":          {"```go\na\n```", "```js\na\n```", 1, 1},
		"a line of code":                {"```\na\nb\n```", "```\na\nx\nb\n```", 2, 0},
		"an item":                       {"* a\n* b", "* a\n* new\n* b", 6, 0},
		"an item less":                  {"* a\n* b\n* c", "* a\n* c", 0, 4},
		"text in an item":               {"* a\n  * b", "* a\n  * b c", 2, 0},
		"the start of a list":           {"1. a", "3. a", 1, 1},
		"text in a cell":                {"| a | b |\n|---|---|\n| c | d |", "| a | b |\n|---|---|\n| c | dx |", 1, 0},
		"a row":                         {"| a |\n|---|\n| b |", "| a |\n|---|\n| b |\n| c |", 7, 0},
		"a column":                      {"| a |\n|---|\n| b |", "| a | x |\n|---|---|\n| b | y |", 12, 0},
		"how a column is aligned":       {"| a |\n|---|\n| b |", "| a |\n|--:|\n| b |", 2, 0},
		"a word becomes bold":           {"one two three", "one **two** three", 2, 0},
		"a bold word no longer":         {"one **two** three", "one two three", 0, 1},
		"bold becomes italic":           {"one **two** three", "one *two* three", 2, 2},
		"bold grows":                    {"one **two** three", "one **two three**", 1, 1},
		"bold goes on":                  {"**one**", "**one two**", 4, 0},
		"text behind bold":              {"**one**", "**one** two", 4, 0},
		"a bold word more":              {"one", "one **two**", 6, 0},
		"a bold word less":              {"one **two**", "one", 0, 6},
		"where a link leads":            {"[a](/u) b", "[a](/v) b", 1, 1},
		"where a picture is":            {"![a](/u)", "![a](/v)", 1, 1},
		"a break in a line":             {"one two", "one\\\ntwo", 5, 4},
		"a line joined":                 {"one\\\ntwo", "one two", 4, 5},
		"a reference":                   {"a", "a <!--civic-ref type=\"record\" id=\"r\" label=\"l\"-->", 5, 0},
		"a quote around":                {"a\n\n> b", "a\n\n> b\n>\n> c", 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			state := seeded(t, c.from)
			update := edit(t, state, c.to)
			if got := text(t, merged(t, state.Bytes(), update)); got != markdown.Format(parse(t, c.to)) {
				t.Errorf("says %q, want %q", got, c.to)
			}
			if written, deleted := countUnits(t, update); written != c.written || deleted != c.deleted {
				t.Errorf("%d written, %d deleted, want %d and %d", written, deleted, c.written,
					c.deleted)
			}
		})
	}
}

// TestEditSize bounds the length of the update that changes one word in a hundred paragraphs.
func TestEditSize(t *testing.T) {
	var list []string
	for i := range 100 {
		list = append(list, fmt.Sprintf("Paragraph %d of a text such as people write, with some words in it.", i))
	}
	state := seeded(t, strings.Join(list, "\n\n"))
	list[50] = strings.Replace(list[50], "some", "many", 1)
	update := edit(t, state, strings.Join(list, "\n\n"))
	if len(update) > 64 {
		t.Errorf("%d bytes", len(update))
	}
	checkEdit(t, state.Bytes(), strings.Join(list, "\n\n"))
}
