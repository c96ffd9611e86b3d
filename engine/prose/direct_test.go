package prose

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// directDocument returns a document with nodes as a client of Yjs 14 writes them: with text
// directly in elements.
func directDocument(t testing.TB, client uint64, nodes ...markdown.Node) yjs.CheckedUpdate {
	t.Helper()
	s := markdown.Schema{}
	w := s.NewWriter(client)
	w.DirectText = true
	w.Nodes(&markdown.Place{Parent: s.InRoot()}, nodes)
	return checked(t, lib0.AppendUvarint(w.AppendSections(nil), 0))
}

// directText returns such a document with a text.
func directText(t testing.TB, text string) yjs.CheckedUpdate {
	t.Helper()
	return directDocument(t, 1<<52+1, StorableDirect(parse(t, text)).Content...)
}

// checkDirectEdit edits a document with text directly in elements, checks the edit and returns the
// state after it.
func checkDirectEdit(t testing.TB, state yjs.CheckedUpdate, want string) yjs.CheckedUpdate {
	t.Helper()
	v := viewOf(t, state)
	update, tree := edit(t, state, want), storable(parse(t, want),
		HasDirectText(v, markdown.Schema{}))
	if update != nil && !bytes.Equal(update, smallestEdit(v, markdown.Schema{}, tree)) {
		t.Errorf("from\n%s\nto\n%s\nthe whole content is replaced", text(t, state), want)
	}
	after := merged(t, state.Bytes(), update)
	if got, want := text(t, after), markdown.Format(tree); got != want {
		t.Errorf("from\n%s\nto\n%s\ncame\n%s", text(t, state), want, got)
	}
	if again := edit(t, after, want); again != nil {
		t.Errorf("a second edit of %q changes something", want)
	}
	return after
}

// TestEditDirectOddTexts edits documents between many odd texts.
func TestEditDirectOddTexts(t *testing.T) {
	state := directText(t, "")
	for i, text := range texts.Odd(51, 600) {
		if i%20 == 0 {
			state = directText(t, text)
		}
		if state = checkDirectEdit(t, state, text); t.Failed() {
			return
		}
	}
}

// TestEditDirectRecords makes random edits of records, and checks that their text stays directly in
// elements.
func TestEditDirectRecords(t *testing.T) {
	r := rand.New(rand.NewPCG(52, 0))
	for range 30 {
		blocks := strings.Split(texts.Record(r), "\n\n")
		state := directText(t, strings.Join(blocks, "\n\n"))
		for range 6 {
			at := r.IntN(len(blocks))
			words := strings.Split(blocks[at], " ")
			words[r.IntN(len(words))] = texts.Words(r)
			blocks[at] = strings.Join(words, " ")
			if state = checkDirectEdit(t, state, strings.Join(blocks, "\n\n")); t.Failed() {
				return
			}
			if got := textFormOf(viewOf(t, state).Root("default")); got != onlyDirect {
				t.Fatalf("an edit wrote text in another form: %d", got)
			}
		}
	}
}

// TestEditDirectUpdatesAreSmall checks how many units an edit writes and deletes: none of content
// that stays.
func TestEditDirectUpdatesAreSmall(t *testing.T) {
	for name, c := range map[string]struct {
		from, to         string
		written, deleted uint64
	}{
		"nothing":                 {"a\n\nb", "a\n\nb", 0, 0},
		"a letter":                {"one two three", "one twoo three", 1, 0},
		"a word":                  {"one two three", "one 2 three", 1, 3},
		"all of a paragraph":      {"abc", "", 0, 3},
		"a paragraph between":     {"a\n\nb", "a\n\nnew\n\nb", 4, 0},
		"a paragraph less":        {"a\n\nb\n\nc", "a\n\nc", 0, 2},
		"the level of a heading":  {"# a", "## a", 1, 1},
		"an item":                 {"* a\n* b", "* a\n* new\n* b", 5, 0},
		"text in a cell":          {"| a | b |\n|---|---|\n| c | d |", "| a | b |\n|---|---|\n| c | dx |", 1, 0},
		"a word becomes bold":     {"one two three", "one **two** three", 2, 0},
		"a bold word no longer":   {"one **two** three", "one two three", 0, 1},
		"bold goes on":            {"**one**", "**one two**", 4, 0},
		"a bold word more":        {"one", "one **two**", 6, 0},
		"text behind a picture":   {"a\n\n![a](/u)", "a\n\n![a](/u) b", 2, 0},
		"text before a picture":   {"a\n\n![a](/u)", "a\n\nb ![a](/u)", 2, 0},
		"a picture before text":   {"a b", "![a](/u)a b", 3, 0},
		"both before text":        {"a b", "c![a](/u) d a b", 7, 0},
		"bold behind a picture":   {"**a** ![a](/u) **b**", "**a** ![a](/u) **bc**", 1, 0},
		"a break in a line":       {"one two", "one\\\ntwo", 4, 4},
		"a line joined":           {"one\\\ntwo", "one two", 4, 4},
		"a break in bold":         {"**one two**", "**one**\\\n**two**", 6, 4},
		"bold before a break":     {"**one**\\\ntwo", "one\\\ntwo", 0, 1},
		"a reference":             {"a", "a <!--civic-ref type=\"record\" id=\"r\" label=\"l\"-->", 5, 0},
		"a picture in a link":     {"[a ![b](/u) c](/v)", "[a ![b](/u) cd](/v)", 1, 0},
		"where such a link leads": {"[![b](/u)](/v) c", "[![b](/u)](/w) c", 5, 3},
	} {
		t.Run(name, func(t *testing.T) {
			state := directText(t, c.from)
			update := edit(t, state, c.to)
			checkDirectEdit(t, state, c.to)
			if written, deleted := countUnits(t, update); written != c.written || deleted != c.deleted {
				t.Errorf("%d written, %d deleted, want %d and %d", written, deleted, c.written,
					c.deleted)
			}
		})
	}
}

// TestEditDirectKeepsContentBeyondMarkdown shows that edits keep content that Markdown cannot
// express.
func TestEditDirectKeepsContentBeyondMarkdown(t *testing.T) {
	run := func(s string, marks ...string) markdown.Node {
		n := markdown.Node{Name: markdown.Text, Text: s}
		for _, m := range marks {
			n.Marks = append(n.Marks, markdown.Mark{Name: m})
		}
		return n
	}
	node := func(name string, content ...markdown.Node) markdown.Node {
		return markdown.Node{Name: name, Content: content}
	}
	for name, c := range map[string]struct {
		doc      []markdown.Node
		to, want string // as an outline
	}{
		"a mark of another name": {
			[]markdown.Node{node(markdown.Paragraph, run("a "), run("bright", "highlight"),
				run(" day"))}, "a bright night",
			"paragraph(a  bright^highlight  night)",
		},
		"a mention in a line": {
			[]markdown.Node{node(markdown.Paragraph, run("a "), node("mention"), run(" b"))},
			"a  b\n\nc",
			"paragraph(a  mention()  b) paragraph(c)",
		},
		"text beside blocks": {
			[]markdown.Node{node(markdown.Paragraph, run("a")), run("b"),
				node(markdown.Paragraph, run("c"))}, "a\n\nb\n\nd",
			"paragraph(a) b paragraph(d)",
		},
		"a mark that goes on behind a word": {
			[]markdown.Node{node(markdown.Paragraph, run("a ", "em"), node(markdown.HardBreak),
				run("b", "em"))}, "*b*",
			"paragraph(b^em)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			state := directDocument(t, 1, c.doc...)
			after := merged(t, state.Bytes(), edit(t, state, c.to))
			if got := outlines(Read(viewOf(t, after), markdown.Schema{}).Content); got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestManyFormats reads and edits text with more formats in force than any editor has: the text is
// complete, and the marks of each run are bounded.
func TestManyFormats(t *testing.T) {
	s := markdown.Schema{}
	for _, direct := range []bool{true, false} {
		w := s.NewWriter(1)
		w.DirectText = direct
		w.Nodes(&markdown.Place{Parent: s.InRoot()},
			[]markdown.Node{{Name: markdown.Paragraph,
				Content: []markdown.Node{{Name: markdown.Text, Text: "a"}}}})
		at := markdown.Place{Left: yjs.ID{Client: 1, Clock: w.Len() - 1}, HasLeft: true}
		for i := range 20_000 {
			w.Format(&at, fmt.Sprint("f", i), `{}`)
			w.String(&at, "b")
		}
		state := checked(t, lib0.AppendUvarint(w.AppendSections(nil), 0))
		read := Read(viewOf(t, state), s)
		if got := markdown.Format(read); got != "a"+strings.Repeat("b", 20_000) {
			t.Fatalf("%d characters", len(got))
		}
		for _, n := range read.Content[0].Content {
			if len(n.Marks) > maxFormats {
				t.Fatalf("%d marks", len(n.Marks))
			}
		}
		want := "a" + strings.Repeat("b", 20_000) + " c"
		if got := text(t, merged(t, state.Bytes(), edit(t, state, want))); got != want {
			t.Errorf("%d characters, want %d", len(got), len(want))
		}
	}
}
