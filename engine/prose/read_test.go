package prose

import (
	"fmt"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// readBack returns nodes as they are read from a document that was seeded with them.
func readBack(t *testing.T, s markdown.Schema, nodes ...markdown.Node) markdown.Node {
	t.Helper()
	u, err := yjs.CheckUpdate(s.Seed(markdown.Node{Name: markdown.Doc, Content: nodes}))
	if err != nil {
		t.Fatal(err)
	}
	v, err := view.New(u)
	if err != nil {
		t.Fatal(err)
	}
	return Read(v, s)
}

// TestRead checks how unusual nodes, marks and attributes are read.
func TestRead(t *testing.T) {
	text := func(s string, marks ...markdown.Mark) markdown.Node {
		return markdown.Node{Name: markdown.Text, Text: s, Marks: marks}
	}
	for name, c := range map[string]struct {
		nodes []markdown.Node
		want  string // as Markdown
	}{
		"nothing":                       {nil, ""},
		"a node of unknown name":        {[]markdown.Node{{Name: "callout", Content: []markdown.Node{text("a")}}}, "a"},
		"a mark of unknown name":        {[]markdown.Node{text("a", markdown.Mark{Name: "highlight"})}, "a"},
		"a mark that may overlap":       {[]markdown.Node{text("a", markdown.Mark{Name: "em--AbCd+/=9"})}, "*a*"},
		"a mark that only looks so":     {[]markdown.Node{text("a", markdown.Mark{Name: "em--AbCd"})}, "a"},
		"marks in any order":            {[]markdown.Node{text("a", markdown.Mark{Name: markdown.Strong}, markdown.Mark{Name: markdown.Em})}, "***a***"},
		"an attribute that is a number": {[]markdown.Node{{Name: markdown.Heading, Attrs: markdown.Attrs{"level": 3.0}, Content: []markdown.Node{text("a")}}}, "### a"},
		"characters of four bytes":      {[]markdown.Node{text("😀"), text("é", markdown.Mark{Name: markdown.Em})}, "😀*é*"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := markdown.Format(readBack(t, markdown.Schema{}, c.nodes...)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestReadOfAnotherSchema checks that a document of another schema is read with the names of this
// package.
func TestReadOfAnotherSchema(t *testing.T) {
	doc, err := markdown.Parse("3. *a*\n\n```go\nb\n```")
	if err != nil {
		t.Fatal(err)
	}
	got := readBack(t, markdown.TipTap, doc.Content...)
	if list := got.Content[0]; list.Name != markdown.OrderedList || list.Attrs["order"] != 3.0 {
		t.Errorf("list %v", list)
	}
	if markdown.Format(got) != markdown.Format(doc) {
		t.Errorf("%q, want %q", markdown.Format(got), markdown.Format(doc))
	}
}

// TestReadSkipsDeletedContent shows that deleted content is not read.
func TestReadSkipsDeletedContent(t *testing.T) {
	doc, err := markdown.Parse("kept\n\ndeleted")
	if err != nil {
		t.Fatal(err)
	}
	update := markdown.Schema{}.Seed(doc)
	id, err := markdown.Schema{}.SeedClient("kept\n\ndeleted")
	if err != nil {
		t.Fatal(err)
	}
	// The second paragraph is the unit behind the first one's element, text and letters.
	second := uint64(len("kept") + 2)
	update = yjs.AppendDeletes(update[:len(update)-1],
		[]yjs.DeleteRange{{Client: id, Clock: second, End: second + 1}})
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		t.Fatal(err)
	}
	v, err := view.New(u)
	if err != nil {
		t.Fatal(err)
	}
	if got := markdown.Format(Read(v, markdown.Schema{})); got != "kept" {
		t.Errorf("%q", got)
	}
	if got := fmt.Sprint(v.Roots()); got != "[civic-realtime default]" {
		t.Errorf("roots %v", got)
	}
}
