package prose

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// unitsByBlock returns the ids of the items of each block of a document, by the block's key.
func unitsByBlock(t testing.TB, state yjs.CheckedUpdate) map[string]string {
	t.Helper()
	found := make(map[string]string)
	l := rootOf(viewOf(t, state), markdown.Schema{})
	for _, u := range (treeReader{}).each(l) {
		found[key(u.node)] = fmt.Sprint(l.items[u.from].First(), unitsOf(u.typ))
	}
	return found
}

func unitsOf(typ view.Type) (all []yjs.ID) {
	for it := range typ.Items() {
		if !it.Deleted() {
			all = append(all, it.First())
		}
	}
	return all
}

// TestEditMergedWithOtherEdits edits two paragraphs concurrently: the merged document has both
// edits, and the other paragraphs keep their items.
func TestEditMergedWithOtherEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 0))
	for range 60 {
		list := make([]string, 8)
		for i := range list {
			list[i] = texts.Words(r)
		}
		state := seeded(t, strings.Join(list, "\n\n"))
		before := unitsByBlock(t, state)
		change := func(at int) (all []string) {
			all = append(all, list...)
			all[at] = texts.Words(r)
			return all
		}
		a := r.IntN(8)
		b := (a + 1 + r.IntN(7)) % 8
		ours, theirs := change(a), change(b)
		both := append([]string{}, ours...)
		both[b] = theirs[b]
		after := merged(t, state.Bytes(), edit(t, state, strings.Join(ours, "\n\n")),
			edit(t, state, strings.Join(theirs, "\n\n")))
		if got, want := text(t, after), markdown.Format(Storable(parse(t, strings.Join(both, "\n\n")))); got != want {
			t.Fatalf("together\n%s\nwant\n%s", got, want)
		}
		kept := 0
		for k, id := range unitsByBlock(t, after) {
			if was, ok := before[k]; ok && was != id {
				t.Errorf("a paragraph that nobody changed is another: %s, was %s", id, was)
			} else if ok {
				kept++
			}
		}
		if kept < 6 {
			t.Errorf("%d of 8 paragraphs kept", kept)
		}
	}
}

// TestEditsOfDifferentStates makes the same edit on two servers, one of which is behind: after
// merging both the document has the edit once.
func TestEditsOfDifferentStates(t *testing.T) {
	state := seeded(t, "one\n\ntwo\n\nthree")
	ahead := merged(t, state.Bytes(), edit(t, state, "one\n\ntwo\n\nthree, typed"))
	here, there := edit(t, state, "one more\n\nnew\n\ntwo\n\nthree"),
		edit(t, ahead, "one more\n\nnew\n\ntwo\n\nthree, typed")
	if got, want := text(t, merged(t, ahead.Bytes(), here, there)), "one more\n\nnew\n\ntwo\n\nthree, typed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestEditUndoesAndRedoes makes the same changes again and again, for which no client id may be
// used twice.
func TestEditUndoesAndRedoes(t *testing.T) {
	state := seeded(t, "one").Bytes()
	for i := range 20 {
		state = checkEdit(t, state, []string{"one two", "one", "*one*", "", "* one"}[i%5])
	}
}

// TestEditKeepsContentBeyondMarkdown shows that edits keep content that Markdown cannot express.
func TestEditKeepsContentBeyondMarkdown(t *testing.T) {
	node := func(name string, attrs markdown.Attrs, content ...markdown.Node) markdown.Node {
		return markdown.Node{Name: name, Attrs: attrs, Content: content}
	}
	run := func(s string, marks ...string) markdown.Node {
		n := markdown.Node{Name: markdown.Text, Text: s}
		for _, m := range marks {
			n.Marks = append(n.Marks, markdown.Mark{Name: m})
		}
		return n
	}
	p := func(content ...markdown.Node) markdown.Node { return node(markdown.Paragraph, nil, content...) }
	cell := func(name, s string) markdown.Node {
		return node(name, markdown.Attrs{"colspan": 1.0, "rowspan": 1.0, "colwidth": []any{99.0}},
			p(run(s)))
	}
	for name, c := range map[string]struct {
		doc  []markdown.Node
		to   string
		want string // as an outline
	}{
		"empty paragraphs": {
			[]markdown.Node{p(run("a")), p(), p(run("b")), p()}, "a\n\nb c",
			"paragraph(a) paragraph() paragraph(b c) paragraph()",
		},
		"blanks at the end of what is typed": {
			[]markdown.Node{p(run("a word  "))}, "another word",
			"paragraph(another word  )",
		},
		"blanks at the end, where a word follows": {
			[]markdown.Node{p(run("a word  "))}, "a word more",
			"paragraph(a word more  )",
		},
		"blanks at the end, where another word ends": {
			[]markdown.Node{p(run("a word  "))}, "a term",
			"paragraph(a term  )",
		},
		"blanks at both ends, of bold text": {
			[]markdown.Node{p(run("  a "), run("word  ", "strong"))}, "the **term**",
			"paragraph(  the  term  ^strong)",
		},
		"a mark of another name": {
			[]markdown.Node{p(run("a "), run("bright", "highlight"), run(" day"))},
			"a bright night",
			"paragraph(a  bright^highlight  night)",
		},
		"typing in a mark of another name": {
			[]markdown.Node{p(run("a bright day", "highlight"))}, "a very bright day",
			"paragraph(a very bright day^highlight)",
		},
		"a bright word becomes bold": {
			[]markdown.Node{p(run("a "), run("bright", "highlight"))}, "a **bright**",
			"paragraph(a  bright^strong^highlight)",
		},
		"widths of columns": {
			[]markdown.Node{node(markdown.Table, nil,
				node(markdown.TableRow, nil, cell(markdown.TableHeader, "a"),
					cell(markdown.TableHeader, "b")))},
			"| a | c |\n|---|---|",
			"table(table_row(table_header[99](paragraph(a)) table_header[99](paragraph(c))))",
		},
		"a node of another name": {
			[]markdown.Node{p(run("a")), node("callout", nil, p(run("b")), p(run("c")))},
			"x\n\nb\n\nc",
			"paragraph(x) callout(paragraph(b) paragraph(c))",
		},
		"a mention in a line": {
			[]markdown.Node{p(run("a "), node("mention", nil), run(" b"))}, "a  b\n\nc",
			"paragraph(a  mention()  b) paragraph(c)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			state := checked(t, markdown.Schema{}.Seed(node(markdown.Doc, nil, c.doc...)))
			after := merged(t, state.Bytes(), edit(t, state, c.to))
			if got := outlines(Read(viewOf(t, after), markdown.Schema{}).Content); got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// outlines returns nodes as a short text, with the names of nodes and marks.
func outlines(nodes []markdown.Node) string {
	var list []string
	for _, n := range nodes {
		s := n.Text
		if n.Name != markdown.Text {
			s = n.Name
			if w := n.Attrs["colwidth"]; w != nil {
				s += fmt.Sprint(w)
			}
			s += "(" + outlines(n.Content) + ")"
		}
		for _, m := range n.Marks {
			s += "^" + m.Name
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

// TestEditOfAnyDocument edits documents that no editor makes: the result has the wanted text, and
// few of them have to be replaced as a whole.
func TestEditOfAnyDocument(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 0))
	odd := texts.Odd(15, 600)
	replaced := 0
	for i := range odd {
		doc := markdown.Node{Name: markdown.Doc, Content: texts.Nodes(r, 1+r.IntN(4))}
		state := checked(t, markdown.Schema{}.Seed(doc))
		to := Storable(parse(t, odd[i]))
		update, err := Edit(state, markdown.Schema{}, to)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, merged(t, state.Bytes(), update)); got != markdown.Format(to) {
			t.Fatalf("from %s to %q came %q", outlines(doc.Content), markdown.Format(to), got)
		}
		if update != nil && string(update) == string(replace(viewOf(t, state), markdown.Schema{}, to)) {
			replaced++
		}
	}
	if replaced > len(odd)/10 {
		t.Errorf("%d of %d replaced", replaced, len(odd))
	}
}
