package markdown_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// reference is a Node process with prosemirror-markdown and y-prosemirror. It answers one request
// at a time.
type reference struct{ *nodeworker.Worker }

// request is a request to the worker. The fields that it needs depend on Op.
type request struct {
	Op       string   `json:"op"`
	Texts    []string `json:"texts,omitempty"`
	Trees    []tree   `json:"trees,omitempty"`
	Remedies []string `json:"remedies,omitempty"`
	Form     string   `json:"form,omitempty"`
	Version  int      `json:"version,omitempty"`
}

type answer struct {
	Texts    []string
	Trees    []tree
	Admitted []bool
	Clients  [][]uint64
}

// needs fails a test that lacks something, or skips it where only benchmarks are to run, which do
// not need it.
func needs(t testing.TB, missing error) {
	t.Helper()
	if flag.Lookup("test.bench").Value.String() != "" {
		t.Skip(missing)
	}
	t.Fatal(missing)
}

func startReference(t testing.TB) *reference {
	t.Helper()
	if err := nodeworker.Check("reference", "prosemirror-markdown"); err != nil {
		needs(t, err)
	}
	w, err := nodeworker.New("--stack-size=4000", "reference/main.mjs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return &reference{w}
}

// ask sends a request and fails the test unless it is answered.
func (r *reference) ask(t testing.TB, q request, blobs ...[]byte) (a answer, got [][]byte) {
	t.Helper()
	got, err := r.Call(q, blobs, &a)
	if err != nil {
		t.Fatalf("the reference: %v", err)
	}
	return a, got
}

// tree is a node in the form of ProseMirror's toJSON.
type tree struct {
	Type    string         `json:"type"`
	Attrs   map[string]any `json:"attrs,omitempty"`
	Content []tree         `json:"content,omitempty"`
	Text    string         `json:"text,omitempty"`
	Marks   []tree         `json:"marks,omitempty"`
}

// treeOf returns the tree of one of our nodes.
func treeOf(n markdown.Node) tree {
	t := tree{Type: n.Name, Attrs: n.Attrs, Text: n.Text}
	for _, c := range n.Content {
		t.Content = append(t.Content, treeOf(c))
	}
	for _, m := range n.Marks {
		t.Marks = append(t.Marks, tree{Type: m.Name, Attrs: m.Attrs})
	}
	return t
}

// node returns one of our nodes for a tree.
func (t tree) node() markdown.Node {
	n := markdown.Node{Name: t.Type, Attrs: attrs(t.Attrs), Text: t.Text}
	for _, c := range t.Content {
		n.Content = append(n.Content, c.node())
	}
	for _, m := range t.Marks {
		n.Marks = append(n.Marks, markdown.Mark{Name: m.Type, Attrs: attrs(m.Attrs)})
	}
	return n
}

// attrs returns attributes without those that are null.
func attrs(m map[string]any) markdown.Attrs {
	out := markdown.Attrs{}
	for k, v := range m {
		if v != nil {
			out[k] = v
		}
	}
	return out
}

// outline returns a tree as text, which is equal for equal trees.
func outline(n markdown.Node) string {
	var b strings.Builder
	writeOutline(&b, n)
	return b.String()
}

func writeOutline(b *strings.Builder, n markdown.Node) {
	b.WriteString(n.Name)
	if n.Name == markdown.Text {
		fmt.Fprintf(b, " %q", n.Text)
	}
	writeAttrs(b, n.Attrs)
	for _, m := range n.Marks {
		b.WriteString(" ^" + m.Name)
		writeAttrs(b, m.Attrs)
	}
	for i, c := range n.Content {
		b.WriteString([]string{", ", " ("}[max(0, 1-i)])
		writeOutline(b, c)
	}
	if len(n.Content) > 0 {
		b.WriteString(")")
	}
}

func writeAttrs(b *strings.Builder, a markdown.Attrs) {
	for _, key := range slices.Sorted(maps.Keys(a)) {
		fmt.Fprintf(b, " %s=%#v", key, a[key])
	}
}
