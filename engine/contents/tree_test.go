package contents

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// allTypes is a document that Yjs 13.6 has made: an XML fragment "default" with a heading, marks,
// an embed and a paragraph, a text "text" with a link and deleted characters, a map "meta" with
// null, an array of values and a deleted key, and an array "items" with a map, a text in it and a
// subdocument.
func allTypes(t *testing.T) yjs.CheckedUpdate {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString("ARsBAAcBB2RlZmF1bHQDB2hlYWRpbmcoAAEABWxldmVsAX0CBwABAAYEAAECBkhlbGxvIIYBCARib2xkBHRydWWEAQkEYm9sZIYB" +
		"DQRib2xkBG51bGyFAQ4ReyJpbWFnZSI6ImEucG5nIn2HAQADCXBhcmFncmFwaAcAARAGBAABEQ08Yj7DqfCfmIA8L2I+BAEEdGV4dAZwbGFpbiCGASEEbGluawx7ImhyZWYiOiJ4In2EASIE" +
		"bGlua4YBJgRsaW5rBG51bGxBARwEKAEEbWV0YQV0aXRsZQF3AVQoAQRtZXRhBG5vbmUBficBBG1ldGEEbGlzdAAIAAEuA30BeHYBAWF1AX0CgwExAgECIQEEbWV0YQRnb25lAQgBBWl0ZW1z" +
		"AXcDb25lhwE0AScAATUEZGVlcAIEAAE2Bmluc2lkZYkBNQNzdWJ2AAEBAigEMwE=")
	if err != nil {
		t.Fatal(err)
	}
	u, err := yjs.CheckUpdate(b)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

var generous = TreeLimits{Nodes: 1000, Bytes: 1 << 20, Depth: 100}

// TestTree shows the tree of a document of Yjs with all types: their kinds, names and keys,
// attributes and marks, and values; nothing that is deleted is in it.
func TestTree(t *testing.T) {
	tree, err := TreeOf(allTypes(t), "default", "", generous)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"default": `{"kind":"fragment","name":"default","children":[` +
			`{"kind":"element","name":"heading","attributes":{"level":2},"children":[{"kind":"xml-text","children":[` +
			`{"kind":"characters","text":"Hello "},{"kind":"characters","attributes":{"bold":true},"text":"bold"},` +
			`{"kind":"value","value":{"image":"a.png"}}]}]},` +
			`{"kind":"element","name":"paragraph","children":[{"kind":"xml-text","children":[{"kind":"characters","text":"<b>é😀</b>"}]}]}]}`,
		"text": `{"kind":"text","name":"text","children":[{"kind":"characters","text":"plain "},` +
			`{"kind":"characters","attributes":{"link":{"href":"x"}},"text":"link"}]}`,
		"meta": `{"kind":"map","name":"meta","children":[{"kind":"value","key":"title","value":"T"},{"kind":"value","key":"none","value":null},` +
			`{"kind":"array","key":"list","children":[{"kind":"value","value":1},{"kind":"value","value":true},{"kind":"value","value":{"a":[2]}},` +
			`{"kind":"value","value":"AQI="}]}]}`,
		"items": `{"kind":"array","name":"items","children":[{"kind":"value","value":"one"},{"kind":"map","children":[` +
			`{"kind":"text","key":"deep","children":[{"kind":"characters","text":"inside"}]}]},{"kind":"document","value":{"guid":"sub","options":{}}}]}`,
	}
	for _, r := range tree.Roots {
		text, err := marshal(r)
		if err != nil || string(text) != want[r.Name] {
			t.Errorf("%s, %v\nwant %s", text, err, want[r.Name])
		}
	}
	if len(tree.Roots) != len(want) || tree.Truncated || tree.Nodes != countNodes(tree.Roots) {
		t.Errorf("%d roots, %d nodes, truncated %v", len(tree.Roots), tree.Nodes, tree.Truncated)
	}
	one, err := TreeOf(allTypes(t), "default", "meta", generous)
	if err != nil || len(one.Roots) != 1 || one.Nodes != 8 {
		t.Errorf("%+v, %v", one, err)
	}
	var shape *ShapeError
	if _, err := TreeOf(allTypes(t), "default", "none", generous); !errors.As(err, &shape) {
		t.Errorf("%v", err)
	}
	if none, err := TreeOf(empty, "default", "", generous); err != nil || len(none.Roots) != 0 || none.Roots == nil {
		t.Errorf("%+v, %v", none, err)
	}
}

func countNodes(all []TreeNode) (n int) {
	for _, node := range all {
		n += 1 + countNodes(node.Children)
	}
	return n
}

// weigh returns the bytes of texts, values, keys and names below the roots, whether each text is
// valid, and whether something says that more is left out.
func weigh(all []TreeNode, root bool) (bytes int, valid, more bool) {
	valid = true
	for _, n := range all {
		if !root {
			bytes += len(n.Name)
		}
		bytes += len(n.Key) + len(n.Text) + len(n.Value)
		for key, value := range n.Attributes {
			bytes += len(key) + len(value)
		}
		b, ok, left := weigh(n.Children, false)
		bytes, valid, more = bytes+b, valid && ok && utf8.ValidString(n.Text), more || left || n.More
	}
	return bytes, valid, more
}

// TestTreeIsBounded shows that a tree keeps within each limit, lists all roots if they are few, and
// says where something is left out; and that it is whole exactly if nothing says so.
func TestTreeIsBounded(t *testing.T) {
	whole, err := TreeOf(allTypes(t), "default", "", generous)
	if err != nil {
		t.Fatal(err)
	}
	size, _, _ := weigh(whole.Roots, true)
	for name, limits := range map[string]func(i int) TreeLimits{
		"nodes": func(i int) TreeLimits { return TreeLimits{i, 1 << 20, 100} },
		"bytes": func(i int) TreeLimits { return TreeLimits{1000, i, 100} },
		"depth": func(i int) TreeLimits { return TreeLimits{1000, 1 << 20, i} },
	} {
		most := map[string]int{"nodes": whole.Nodes - 4, "bytes": size, "depth": 3}[name]
		for i := range most + 2 {
			l := limits(i)
			tree, err := TreeOf(allTypes(t), "default", "", l)
			bytes, valid, more := weigh(tree.Roots, true)
			if err != nil || len(tree.Roots) != 4 || tree.Nodes != countNodes(tree.Roots) || tree.Nodes > l.Nodes+4 || bytes > l.Bytes || !valid {
				t.Errorf("%d %s: %+v, %v", i, name, tree, err)
			}
			if tree.Truncated != (i < most) || tree.Truncated != more {
				t.Errorf("%d of %d %s: truncated %v, more %v", i, most, name, tree.Truncated, more)
			}
			if !tree.Truncated && countNodes(tree.Roots) != whole.Nodes {
				t.Errorf("%d %s: %d nodes", i, name, tree.Nodes)
			}
		}
	}
}

// TestTreeSteps shows that a document which takes too many steps is refused.
func TestTreeSteps(t *testing.T) {
	long := mustEdit(t, empty, "notes", strings.Repeat("word\n", 1000))
	if _, err := TreeOf(allTypes(t), "default", "", generous, view.MaxSteps(1)); !errors.Is(err, view.ErrBudget) {
		t.Errorf("%v", err)
	}
	tree, err := TreeOf(long, "default", "", TreeLimits{Nodes: 10, Bytes: 7, Depth: 5})
	if err != nil || tree.Roots[0].Children[0].Text != "word\nwo" || !tree.Roots[0].Children[0].More {
		t.Errorf("%+v, %v", tree, err)
	}
	if _, err := json.Marshal(tree); err != nil {
		t.Error(err)
	}
}

// TestTreeOfManyRoots shows that a tree has a bounded number of roots, whose names are bounded
// together, and always the one that editors use; that any root can be asked for by its name; and
// that the error about a root that is missing does not list all others.
func TestTreeOfManyRoots(t *testing.T) {
	updates := [][]byte{mustEdit(t, empty, "notes", "kept").Bytes()}
	for i := range treeRoots + 1 {
		updates = append(updates, mustEdit(t, empty, fmt.Sprintf("a%04d", i), "x").Bytes())
	}
	many := stateOf(t, updates...)
	tree, err := TreeOf(many, "notes", "", TreeLimits{Nodes: 2 * treeRoots, Bytes: 1 << 20, Depth: 3})
	if n := len(tree.Roots); err != nil || n != treeRoots+1 || tree.Roots[n-1].Name != "notes" || !tree.Truncated || tree.Nodes != countNodes(tree.Roots) {
		t.Errorf("%d roots, %d nodes, truncated %v, %v", n, tree.Nodes, tree.Truncated, err)
	}
	last := fmt.Sprintf("a%04d", treeRoots)
	if one, err := TreeOf(many, "notes", last, generous); err != nil || len(one.Roots) != 1 || one.Truncated {
		t.Errorf("%+v, %v", one, err)
	}
	_, err = TreeOf(many, "notes", "none", generous)
	if shape, ok := errors.AsType[*ShapeError](err); !ok || strings.Count(shape.Has, "(") != shapeRoots || !strings.HasSuffix(shape.Has, ", …") {
		t.Errorf("%v", err)
	}
	long := mustEdit(t, empty, "short", "x")
	for _, name := range []string{"a", "b", "c"} {
		long = mustEdit(t, long, strings.Repeat(name, rootNames/2), "x")
	}
	tree, err = TreeOf(long, "notes", "", generous)
	if err != nil || len(tree.Roots) != 2 || !tree.Truncated {
		t.Errorf("%d roots with long names, truncated %v, %v", len(tree.Roots), tree.Truncated, err)
	}
}
